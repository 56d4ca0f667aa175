//go:build !linux

package listen

import "net"

// No documentation guarantees that accepted sockets inherit all four options from the listening
// one.
const keepAliveInherited = false

func setKeepAlive(uintptr, net.KeepAliveConfig) error { return nil }
