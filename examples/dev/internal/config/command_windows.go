package config

import (
	"os/exec"
	"syscall"
)

// setLine gives cmd.exe the text as it stands: os/exec would escape its quotes in a way that
// cmd.exe does not know ("cmd /?", about /s).
func setLine(cmd *exec.Cmd, text string) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /d /s /c "` + text + `"`}
}
