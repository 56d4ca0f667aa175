package svcx

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
)

func (s *Service) registrar(op string) (registrar, error) {
	if err := s.checkName(); err != nil {
		return nil, err
	}
	m := launchd{service: s, root: os.Geteuid() == 0, dir: "/Library/LaunchDaemons", domain: "system", run: launchctl, give: giveTo, getenv: os.Getenv}
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

func giveTo(dir, account string) error {
	u, err := user.Lookup(account)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, -1)
}

func launchctl(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "/bin/launchctl", args...).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("launchctl: %w: %s", err, bytes.TrimSpace(out))
	}
	return string(out), err
}
