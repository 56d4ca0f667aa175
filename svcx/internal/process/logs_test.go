package process

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// closeLogs closes the files, so that the test's directory can be removed on Windows.
func closeLogs(t *testing.T, logs *Logs) {
	t.Cleanup(func() {
		assert.NoError(t, debug.SetCrashOutput(nil, debug.CrashOptions{}))
		logs.crash.Load().Close()
	})
}

func TestCrashReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "logs")
	var reports []string
	s := &Program{Name: "x", LogDir: dir, OnCrash: func(_ context.Context, report []byte) { reports = append(reports, string(report)) }}
	run := func(dump string) {
		var logs Logs
		require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.Systemd), spec.Systemd))
		logs.Crashed([]byte(dump))
		logs.crash.Load().Close()
		require.NoError(t, debug.SetCrashOutput(nil, debug.CrashOptions{}))
	}
	run("")
	run("panic: one")
	assert.Empty(t, reports, "no run has crashed before these")
	run("")
	run("panic: two")
	run(string(bytes.Repeat([]byte("x"), maxLog+1)))
	run("")
	require.Len(t, reports, 3)
	assert.Equal(t, []string{"panic: one", "panic: two"}, reports[:2], "each is reported once")
	assert.Len(t, reports[2], maxLog, "a long one is cut")
	kept, err := os.ReadFile(filepath.Join(dir, "crash.1.log"))
	require.NoError(t, err)
	assert.Len(t, kept, maxLog+1, "and kept as it is")
}

func TestFailingLogDir(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	s := &Program{Name: "svcx-test-logs", LogDir: filepath.Join(file, "logs"),
		SpareLogDir: func(name string) (string, error) { return filepath.Join(os.TempDir(), name), nil }}
	var logs Logs
	require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.Systemd), spec.Systemd), "the service runs")
	assert.Nil(t, logs.crash.Load())
	assert.NoDirExists(t, filepath.Join(os.TempDir(), s.Name), "standard error leads to the journal")

	logs.Redirect = func(output *os.File) error { return output.Close() } // as for a Windows service
	require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.Systemd), spec.Systemd), "the service runs")
	t.Cleanup(func() { os.RemoveAll(filepath.Join(os.TempDir(), s.Name)) })
	closeLogs(t, &logs)
	assert.FileExists(t, filepath.Join(os.TempDir(), s.Name, "crash.log"))
}

func TestUnmovableCrashReport(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "crash.1.log", "full"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "crash.log"), []byte("panic"), 0o600))
	s := &Program{Name: "svcx-test-moved", LogDir: dir}
	logs := Logs{Redirect: func(*os.File) error { return nil }}
	assert.Equal(t, "panic", string(s.OpenLogs(&logs, spec.Systemd)))
	assert.Equal(t, filepath.Join(dir, "crash.log"), logs.crash.Load().Name(), "and the service writes where it should")
	assert.NoError(t, logs.crash.Load().Close())
	assert.NoError(t, logs.output.Close())
}

func TestRotate(t *testing.T) {
	name := filepath.Join(t.TempDir(), "output.log")
	assert.ErrorIs(t, rotate(name), os.ErrNotExist)
	open, err := openLog(name)
	require.NoError(t, err)
	defer open.Close()
	write := func(text string) {
		_, err := open.WriteString(text)
		require.NoError(t, err)
	}
	write("small")
	require.NoError(t, rotate(name))
	assert.NoFileExists(t, filepath.Join(filepath.Dir(name), "output.1.log"))

	big := string(bytes.Repeat([]byte("x"), maxLog))
	write(big)
	require.NoError(t, rotate(name))
	write("after")
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, "after", string(text), "who has it open goes on at its new start")
	old, err := os.ReadFile(filepath.Join(filepath.Dir(name), "output.1.log"))
	require.NoError(t, err)
	assert.Equal(t, "small"+big, string(old))
}

func TestDefaultLogDir(t *testing.T) {
	env := map[string]string{"ProgramData": `D:\Data`, "HOME": "/Users/ann", "LOGS_DIRECTORY": "/var/log/x:/var/log/y"}
	getenv := func(name string) string { return env[name] }
	none := func(string) string { return "" }
	assert.Equal(t, `D:\Data\x`, DefaultLogDir(spec.SCM, "x", false, getenv))
	assert.Equal(t, `C:\ProgramData\x`, DefaultLogDir(spec.SCM, "x", false, none))
	assert.Equal(t, "/var/log/x", DefaultLogDir(spec.Systemd, "x", false, getenv))
	assert.Empty(t, DefaultLogDir(spec.Systemd, "x", false, none), "its output is in the journal")
	assert.Equal(t, "/Library/Logs/x", DefaultLogDir(spec.Launchd, "x", false, getenv))
	assert.Equal(t, "/Users/ann/Library/Logs/x", DefaultLogDir(spec.Launchd, "x", true, getenv))
	assert.Equal(t, "/var/log/x", DefaultLogDir(spec.OpenRC, "x", false, getenv))
	assert.Empty(t, DefaultLogDir(spec.Console, "x", false, getenv))
}
