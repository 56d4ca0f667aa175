// Package socket connects to the sockets of local log daemons.
package socket

import "time"

// SendTimeout is the time after which a log daemon that leaves its socket full counts as hung.
const SendTimeout = 250 * time.Millisecond

// Socket is a connection to a log daemon. It is a plain system socket, not a net.Conn, because
// package net would double the size of a program that only logs.
type Socket struct {
	FD   int
	Path string
}

// Dial connects to a datagram or stream socket.
func Dial(path string, stream bool) (*Socket, error) { return dial(path, stream) }
