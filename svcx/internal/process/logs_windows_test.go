package process

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/windows"
)

// TestLogsLocked checks that a program that has a service's files open exclusively prevents neither
// the service from running nor its output from being stored.
func TestLogsLocked(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"crash.log", "output.log"} {
		p, err := windows.UTF16PtrFromString(filepath.Join(dir, name))
		require.NoError(t, err)
		h, err := windows.CreateFile(p, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.CREATE_NEW, 0, 0)
		require.NoError(t, err)
		defer windows.CloseHandle(h)
	}
	_, err := openLog(filepath.Join(dir, "crash.log"))
	require.ErrorIs(t, err, windows.ERROR_SHARING_VIOLATION)

	s := &Program{Name: "svcx-test-locked", LogDir: dir, SpareLogDir: func(name string) (string, error) { return filepath.Join(os.TempDir(), name), nil }}
	logs := Logs{Redirect: func(*os.File) error { return nil }}
	require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.SCM), spec.Systemd), "the service runs")
	elsewhere := filepath.Join(os.TempDir(), s.Name)
	t.Cleanup(func() { os.RemoveAll(elsewhere) })
	closeLogs(t, &logs)
	defer logs.output.Close()
	assert.Equal(t, filepath.Join(elsewhere, "crash.log"), logs.crash.Load().Name())
	_, err = logs.output.WriteString("kept")
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(elsewhere, "output.log"))
	require.NoError(t, err)
	assert.Equal(t, "kept", string(text))
}
