package listen

// mayOverlap reports whether e may be bound beside a socket that overlaps it: the net package sets
// SO_REUSEADDR on a listener, with which macOS lets a specific address be bound beside a wildcard,
// and the other way around. Without that option it also refuses because of connections in
// TIME_WAIT: only then is it worth a run of lsof to look for a socket that listens.
func mayOverlap(e endpoint) bool {
	if e.proto != "tcp" || e.addr.Port() == 0 || e.addr.Addr().Zone() != "" {
		return false
	}
	_, err := probeBindPort(e.proto, e.addr, true)
	return causeOf(err) == inUse
}
