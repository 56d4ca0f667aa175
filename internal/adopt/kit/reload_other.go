//go:build !windows

package kit

import "os/exec"

func reload(name string) error { return exec.Command("systemctl", "reload", name).Run() }
