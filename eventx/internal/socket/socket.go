// Package socket connects to the sockets of local log daemons.
package socket

import "time"

// SendTimeout is how long a log daemon may leave its socket full before it counts as hung.
const SendTimeout = 250 * time.Millisecond

// Socket is a connection to a log daemon. It is a system's socket and not a net.Conn, because
// package net would double the size of a program that only logs.
type Socket struct {
	FD   int
	Path string
}

// Dial connects to a socket of datagrams, or to a stream.
func Dial(path string, stream bool) (*Socket, error) { return dial(path, stream) }
