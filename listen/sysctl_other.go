//go:build !linux

package listen

// firstOpenPort returns the lowest port that needs no privilege on Unix.
func firstOpenPort() int { return 1024 }

func hasIPv6() bool { return true }
