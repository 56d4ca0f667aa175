package svcx

import (
	"errors"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winapi"
	"golang.org/x/sys/windows"
)

// TestConsoleInterrupt sends Ctrl+C to a helper that has its own console.
func TestConsoleInterrupt(t *testing.T) {
	for kind, code := range map[string]int{"ctrlc": 0, "ctrlc2": 130} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			cmd := testenv.Command(t, "console", kind, dir)
			cmd.SysProcAttr = &windows.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE}
			err := cmd.Run()
			if code == 0 {
				require.NoError(t, err)
				assert.Equal(t, ErrInterrupted.Error(), waitFile(t, dir, "cause"))
				return
			}
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, code, exit.ExitCode())
		})
	}
}

// pressCtrlC sends CTRL_C_EVENT to all processes of this console. This process may have inherited
// the setting to ignore it.
func pressCtrlC() error {
	return errors.Join(winapi.SetConsoleCtrlHandler(0, false), windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0))
}
