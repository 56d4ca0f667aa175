//go:build !linux && !windows

package testenv

import (
	"errors"
	"os/exec"
	"runtime"
	"testing"
)

func wineVersion() string { return "" }

func canUnshare() error        { return errors.ErrUnsupported }
func unshareNet(cmd *exec.Cmd) {}
func setUpNetNS() error        { return errors.ErrUnsupported }
func isSystemd() bool          { return false }

func runInSystemd(t *testing.T) {
	t.Helper()
	t.Skip("no systemd on " + runtime.GOOS)
}
