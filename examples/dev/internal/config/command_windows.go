package config

import (
	"os/exec"
	"syscall"
)

// setLine passes the text to cmd.exe unchanged: os/exec would escape its quotes in a way that
// cmd.exe does not support ("cmd /?", about /s).
func setLine(cmd *exec.Cmd, text string) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /d /s /c "` + text + `"`}
}
