package listen

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

func reservedText(ctx context.Context) ([]byte, error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	var text []byte
	for _, family := range []string{"ipv4", "ipv6"} {
		cmd := exec.CommandContext(ctx, filepath.Join(dir, "netsh.exe"), "interface", family, "show", "excludedportrange", "protocol=tcp")
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("netsh interface %s show excludedportrange: %w", family, err)
		}
		text = append(text, out...)
	}
	return text, nil
}
