package svcx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// registrar returns systemd, if this machine runs it.
func (s *Service) registrar(op string) (registrar, error) {
	if err := s.checkName(); err != nil {
		return nil, err
	}
	m := systemd{service: s, root: os.Geteuid() == 0, dir: "/etc/systemd/system", run: systemctl}
	if s.User {
		config, err := os.UserConfigDir()
		if err != nil {
			return nil, s.fail(op, nil, err, "")
		}
		m.dir = filepath.Join(config, "systemd", "user")
	}
	// sd_booted(3)
	if _, err := os.Lstat("/run/systemd/system"); err != nil {
		return nil, s.fail(op, errors.ErrUnsupported, nil, "systemd does not run here; Render writes the unit for another machine")
	}
	return m, nil
}

func systemctl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "systemctl", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("systemctl: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), err
}
