package doctor

import (
	"context"
	"os/exec"
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
	x.Env = cmd.Env
	return x
}
