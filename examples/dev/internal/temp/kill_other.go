//go:build unix && !linux

package temp

// killFrom ends nothing, since it can't tell whose program a process is: the guard has ended them.
func killFrom(string) []int { return nil }
