package svcx

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

func (s *Service) registrar(op string) (registrar, error) {
	if err := s.checkName(); err != nil {
		return nil, err
	}
	m := launchd{service: s, root: os.Geteuid() == 0, dir: "/Library/LaunchDaemons", domain: "system", run: launchctl, getenv: os.Getenv}
	if s.User {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, s.fail(op, nil, err, "")
		}
		m.dir = filepath.Join(home, "Library", "LaunchAgents")
		m.domain = "gui/" + strconv.Itoa(os.Getuid())
	}
	return m, nil
}

func launchctl(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "launchctl", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("launchctl: %w: %s", err, bytes.TrimSpace(out))
	}
	return string(out), err
}
