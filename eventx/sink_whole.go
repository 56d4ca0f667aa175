//go:build !windows

package eventx

// maxEvent is how many bytes of an event may wait for the log: journald takes any event whole.
const maxEvent = maxText
