package child

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestStartDetachedWithDeathSignal(t *testing.T) {
	cmd := exec.Command("true")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	_, err := StartDetached(cmd, nil)
	assert.ErrorIs(t, err, ErrTethered)
}

// In a unit's main process, StartDetached relies on systemd's information about the unit.
func TestStartDetachedInUnit(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	for _, tt := range []struct {
		killMode string
		detaches bool
	}{{"control-group", false}, {"mixed", false}, {"process", true}} {
		t.Run(tt.killMode, func(t *testing.T) {
			r := newRendezvous(t)
			log := filepath.Join(t.TempDir(), "log")
			run := exec.Command("systemd-run", "--wait", "--collect", "--property=KillMode="+tt.killMode,
				"--property=StandardOutput=file:"+log, "--property=StandardError=null", "--setenv=SUREFOOT_TEST_HELPER=launcher", os.Args[0], r.addr(), r.output)
			text, err := run.CombinedOutput()
			require.NoError(t, err, "%s", text)
			out, err := os.ReadFile(log)
			require.NoError(t, err)
			if tt.detaches {
				assert.Empty(t, string(out))
				r.meet(t) // the unit is over
			} else {
				assert.Contains(t, string(out), ErrTethered.Error())
				assert.Contains(t, string(out), tt.killMode)
			}
		})
	}
}
