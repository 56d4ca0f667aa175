package listen

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// showExcluded runs netsh for a family, "ipv4" or "ipv6", and a protocol.
func showExcluded(ctx context.Context, family, proto string) ([]byte, error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "netsh.exe"), "interface", family, "show", "excludedportrange", "protocol="+proto)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("netsh interface %s show excludedportrange: %w", family, err)
	}
	return out, nil
}
