package systemd

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Open initializes the back end for this machine. It returns an error if the user has no directory
// for units.
func (m *Backend) Open(user bool) error {
	m.root, m.user, m.dir = os.Geteuid() == 0, user, "/etc/systemd/system"
	m.run, m.write = systemctl, atomicfile.Replace
	if user {
		config, err := os.UserConfigDir()
		if err != nil {
			return spec.Fail(nil, err, "")
		}
		m.dir = filepath.Join(config, "systemd", "user")
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
		err = spec.Errorf("systemctl: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), err
}

// Logs writes the unit's journal.
func (m *Backend) Logs(ctx context.Context, s *spec.Spec, w io.Writer) error {
	which := "--unit="
	if m.user {
		which = "--user-unit="
	}
	return m.journal(ctx, w, which+unit(s), "--output=short-iso")
}

// Watch returns a function that returns the output of the unit's processes in the journal since the
// call of Watch.
func (m *Backend) Watch(ctx context.Context, s *spec.Spec) (written func() string) {
	field := "_SYSTEMD_UNIT=" // excludes systemd's own messages about the unit
	if m.user {
		field = "_SYSTEMD_USER_UNIT="
	}
	since := fmt.Sprintf("--since=@%.6f", float64(time.Now().UnixMicro())/1e6)
	return func() string {
		exec.CommandContext(ctx, "journalctl", "--sync").Run() // flush pending entries
		var text strings.Builder
		m.journal(ctx, &text, field+unit(s), "--output=cat", since) // on failure, text stays empty
		return spec.LastPart(text.String())
	}
}

func (m *Backend) journal(ctx context.Context, w io.Writer, args ...string) error {
	cmd := exec.CommandContext(ctx, "journalctl", append([]string{"--no-pager", "--quiet"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	if err := cmd.Run(); err != nil {
		return spec.Fail(nil, spec.Errorf("journalctl: %w: %s", err, bytes.TrimSpace(stderr.Bytes())), "")
	}
	return nil
}
