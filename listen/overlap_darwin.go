package listen

// mayOverlap reports whether e may be bound beside an overlapping socket. The net package sets
// SO_REUSEADDR on a listener, with which macOS allows binding a specific address beside a wildcard,
// and vice versa. Without that option macOS also refuses because of connections in TIME_WAIT. Only
// if it refuses is it worth running lsof to look for a listening socket.
func mayOverlap(e endpoint) bool {
	if e.proto != "tcp" || e.addr.Port() == 0 || e.addr.Addr().Zone() != "" {
		return false
	}
	_, err := probeBindPort(e.proto, e.addr, true)
	return causeOf(err) == inUse
}
