//go:build !linux

package loop

// remoteKind knows of no file system that does not tell of all changes: kqueue and Windows answer
// for a network's as well, as far as they can.
func remoteKind(string) string { return "" }
