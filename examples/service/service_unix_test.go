//go:build unix

package main

import (
	"os"
	"os/exec"
	"testing"
)

var helpers map[string]func([]string) int

// interruptible returns a command, and what sends it the signal of Ctrl+C.
func interruptible(t *testing.T, program string, args ...string) (cmd *exec.Cmd, interrupt func() error) {
	cmd = exec.CommandContext(t.Context(), program, args...)
	return cmd, func() error { return cmd.Process.Signal(os.Interrupt) }
}
