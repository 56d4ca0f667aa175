//go:build !linux

package listen

import "net"

// No documentation says that accepted sockets have all four options of the listening one.
const keepAliveInherited = false

func setKeepAlive(uintptr, net.KeepAliveConfig) error { return nil }
