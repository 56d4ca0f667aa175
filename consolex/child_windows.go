package consolex

import (
	"os/exec"

	"golang.org/x/sys/windows"
)

func hasOwnConsole(cmd *exec.Cmd) bool {
	const own = windows.CREATE_NO_WINDOW | windows.CREATE_NEW_CONSOLE | windows.DETACHED_PROCESS
	return cmd.SysProcAttr != nil && cmd.SysProcAttr.CreationFlags&own != 0
}
