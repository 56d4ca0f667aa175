package svcx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// TestSpareLogDirOfAnother: what lies in the place of the directory that a service falls
// back to is not written to.
func TestSpareLogDirOfAnother(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMP", temp)
	s := &Service{Name: "svcx-test-spare", LogDir: filepath.Join(temp, "file", "logs")}
	for _, name := range []string{"file", s.Name} {
		require.NoError(t, os.WriteFile(filepath.Join(temp, name), nil, 0o600))
	}
	_, err := spareLogDir(s.Name)
	require.ErrorContains(t, err, "a file or a link")

	require.NoError(t, os.Remove(filepath.Join(temp, s.Name)))
	for range 2 { // this account's own
		logs := logFiles{redirect: func(*os.File) error { return nil }}
		require.NoError(t, s.prepare(t.Context(), &logs, s.openLogs(&logs, SCM), Systemd), "the service runs")
		closeLogs(t, &logs)
		require.NoError(t, logs.output.Close())
		assert.Equal(t, filepath.Join(temp, s.Name, "crash.log"), logs.crash.Load().Name())
	}
}

// TestLogsLocked: a program that has a service's files open for itself keeps neither the
// service from running nor its output from being kept.
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

	s := &Service{Name: "svcx-test-locked", LogDir: dir}
	logs := logFiles{redirect: func(*os.File) error { return nil }}
	require.NoError(t, s.prepare(t.Context(), &logs, s.openLogs(&logs, SCM), Systemd), "the service runs")
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
