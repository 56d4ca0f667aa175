//go:build unix

package doctor

import (
	"context"
	"os"
	"os/exec"
)

// shells are those into which a fix is typed.
func shells() []string { return []string{"sh"} }

// shortPath is the PATH of a shell in which a go is the first.
func shortPath(string) string { return os.Getenv("PATH") }

// typed runs a line in a shell, and then a command.
func typed(ctx context.Context, _, line string, cmd *exec.Cmd) *exec.Cmd {
	shell := exec.CommandContext(ctx, "sh", append([]string{"-c", line + `; exec "$@"`, "sh", cmd.Path}, cmd.Args[1:]...)...)
	shell.Env, shell.Dir = cmd.Env, cmd.Dir
	return shell
}
