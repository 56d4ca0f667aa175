//go:build unix

package process

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/unix"
)

// TestCrashLogIsNotFile starts services whose crash.log is not a regular file: reading it could
// block forever, and writing to it could discard the report.
func TestCrashLogIsNotFile(t *testing.T) {
	for what, plant := range map[string]func(name string) error{
		"a pipe":             func(name string) error { return unix.Mkfifo(name, 0o600) },
		"a link to a device": func(name string) error { return os.Symlink(os.DevNull, name) },
		"a directory":        func(name string) error { return os.Mkdir(name, 0o700) },
		"a link to itself":   func(name string) error { return os.Symlink(name, name) },
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, plant(filepath.Join(dir, "crash.log")))
			s := &Program{Name: "svcx-test-nofile", LogDir: dir}
			var logs Logs
			require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.Systemd), spec.Systemd), "the service runs")
			assert.Nil(t, logs.crash.Load())
			logs.Crashed([]byte("goes to standard error only"))
		})
	}
}
