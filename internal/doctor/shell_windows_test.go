package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// shells are those into which a fix is typed. Wine has no PowerShell.
func shells() []string {
	if testenv.IsWine() {
		return []string{"cmd"}
	}
	return []string{"cmd", "powershell"}
}

// shortPath is the PATH of a shell in which a go is the first. A PATH may have 32,767 characters,
// but a line of cmd's 8,191: on a machine with a longer PATH, such as the ones that GitHub runs,
// cmd can't put %PATH% into a line.
func shortPath(goCommand string) string {
	system := filepath.Join(os.Getenv("SystemRoot"), "System32")
	return strings.Join([]string{filepath.Dir(goCommand), system, filepath.Join(system, "WindowsPowerShell", "v1.0")}, ";")
}

// typed runs a line in a shell, and then a command.
func typed(ctx context.Context, shell, line string, cmd *exec.Cmd) *exec.Cmd {
	var words []string
	for _, arg := range append([]string{cmd.Path}, cmd.Args[1:]...) {
		if shell == "cmd" {
			words = append(words, syscall.EscapeArg(arg))
		} else {
			words = append(words, "'"+strings.ReplaceAll(arg, "'", "''")+"'")
		}
	}
	var x *exec.Cmd
	if shell == "cmd" { // which does not split its line as others do
		x = exec.CommandContext(ctx, "cmd.exe")
		x.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + " & " + strings.Join(words, " ") + `"`}
	} else {
		x = exec.CommandContext(ctx, "powershell.exe", "-NoProfile", "-NonInteractive", "-Command", line+"; & "+strings.Join(words, " "))
	}
	x.Env, x.Dir = cmd.Env, cmd.Dir
	return x
}
