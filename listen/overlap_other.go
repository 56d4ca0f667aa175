//go:build !darwin && !windows

package listen

// mayOverlap returns false. Linux rejects every overlap. The BSDs don't, but no table shows which
// sockets listen there.
func mayOverlap(endpoint) bool { return false }
