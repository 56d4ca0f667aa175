package systemd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Open sets the back end up for this machine. It returns an error if systemd
// does not run here.
func (m *Backend) Open(user bool) error {
	m.root, m.user, m.dir, m.run = os.Geteuid() == 0, user, "/etc/systemd/system", systemctl
	if user {
		config, err := os.UserConfigDir()
		if err != nil {
			return &spec.Error{Err: err}
		}
		m.dir = filepath.Join(config, "systemd", "user")
	}
	if !m.Booted() {
		return spec.Fail(errors.ErrUnsupported, nil, "systemd does not run here; Render writes the unit for another machine")
	}
	return nil
}

// Booted reports whether systemd is this machine's process 1 (sd_booted(3)).
func (*Backend) Booted() bool {
	_, err := os.Lstat("/run/systemd/system")
	return err == nil
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

// Logs writes what the journal has of the unit.
func (m *Backend) Logs(ctx context.Context, s *spec.Spec, w io.Writer) error {
	args := []string{"--no-pager", "--quiet", "--output=short-iso", "--unit=" + unit(s)}
	if m.user {
		args = append(args[:3], "--user-unit="+unit(s))
	}
	cmd := exec.CommandContext(ctx, "journalctl", args...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	if err := cmd.Run(); err != nil {
		return spec.Fail(nil, fmt.Errorf("journalctl: %w: %s", err, bytes.TrimSpace(stderr.Bytes())), "")
	}
	return nil
}
