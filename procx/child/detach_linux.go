package child

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

func detach(cmd *exec.Cmd) error {
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.Pdeathsig != 0 {
		return fmt.Errorf("%w: SysProcAttr.Pdeathsig ends it with this process", ErrTethered)
	}
	text, _ := os.ReadFile("/proc/self/cgroup")
	cgroup, _ := cgroupPath(string(text))
	if why := tetheredTo(cgroup, os.Getenv("SYSTEMD_EXEC_PID"), os.Getpid(), killMode); why != "" {
		return fmt.Errorf("%w: %s", ErrTethered, why)
	}
	return newSession(cmd)
}

// killMode queries systemd for the unit's KillMode.
func killMode(unit string, user bool) string {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	args := []string{"show", "--property=KillMode", "--value", unit}
	if user {
		args = append([]string{"--user"}, args...)
	}
	out, err := exec.CommandContext(ctx, "systemctl", args...).Output()
	if err != nil {
		return "unknown: " + err.Error()
	}
	return strings.TrimSpace(string(out))
}
