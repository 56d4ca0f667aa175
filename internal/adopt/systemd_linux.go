package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// bootSystemd boots the system that .ci/systemd-setup makes, and returns a host on it for the
// programs in dir, and what shuts it down. The system shares this one's network.
func bootSystemd(ctx context.Context, dir string) (h host, shutDown func() error, err error) {
	if os.Geteuid() != 0 {
		return nil, nil, skip("needs root")
	}
	if _, err := exec.LookPath("systemd-nspawn"); err != nil {
		return nil, nil, skip("needs systemd-nspawn (Debian: systemd-container)")
	}
	cache, _ := os.UserCacheDir()
	root := cmp.Or(os.Getenv("SUREFOOT_SYSTEMD_ROOT"), filepath.Join(cache, "surefoot", "systemd-root"))
	if _, err := os.Stat(filepath.Join(root, "lib", "systemd", "systemd")); err != nil {
		return nil, nil, skip("needs a system to boot: run .ci/systemd-setup")
	}
	var console bytes.Buffer
	cmd := exec.CommandContext(ctx, "systemd-nspawn", "-q", "-D", root, "--volatile=overlay", "--register=no", "--keep-unit", "-b",
		"--machine=surefoot-adopt", "--bind="+dir+":/opt/adopt")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // nspawn shuts the system down
	cmd.WaitDelay = 30 * time.Second
	cmd.Stdout, cmd.Stderr = &console, &console
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	shutDown = func() error {
		cmd.Cancel()
		<-ended // it ends by the signal: its status says nothing
		return nil
	}
	for limit := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		select {
		case err := <-ended:
			return nil, nil, fmt.Errorf("the system does not boot: %w\n%s", err, console.Bytes())
		default:
		}
		if leader := leaderOf(cmd.Process.Pid); leader != "" {
			prefix := []string{"nsenter", "--target=" + leader, "--mount", "--uts", "--ipc", "--pid", "--"}
			out, _ := output(exec.CommandContext(ctx, prefix[0], append(prefix[1:], "systemctl", "is-active", "basic.target")...))
			if strings.TrimSpace(out) == "active" {
				return &managed{here: dir, there: "/opt/adopt", prefix: prefix}, shutDown, nil
			}
		}
		if time.Now().After(limit) {
			return nil, nil, errors.Join(errors.New("the system does not boot within a minute"), shutDown())
		}
	}
}

// leaderOf returns the process ID of the system's own process 1, the child of systemd-nspawn.
func leaderOf(nspawn int) string {
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", nspawn, nspawn))
	fields := strings.Fields(string(children))
	if len(fields) == 0 {
		return ""
	}
	return fields[len(fields)-1]
}
