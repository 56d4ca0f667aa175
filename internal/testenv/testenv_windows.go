package testenv

import (
	"errors"
	"os/exec"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

var procWineGetVersion = windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version")

// wineVersion asks the export of ntdll by which Wine lets itself be known.
func wineVersion() string {
	if procWineGetVersion.Find() != nil {
		return ""
	}
	p, _, _ := procWineGetVersion.Call()
	return windows.BytePtrToString(*(**byte)(unsafe.Pointer(&p)))
}

func canUnshare() error        { return errors.ErrUnsupported }
func unshareNet(cmd *exec.Cmd) {}
func setUpNetNS() error        { return errors.ErrUnsupported }
func isSystemd() bool          { return false }

func runInSystemd(t *testing.T) {
	t.Helper()
	t.Skip("no systemd on Windows")
}
