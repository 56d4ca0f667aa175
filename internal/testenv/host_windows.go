package testenv

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// HostPath returns path, on drive Z:, as the Unix programs of Wine's host know it.
func HostPath(path string) string { return filepath.ToSlash(strings.TrimPrefix(path, "Z:")) }

// HostShell runs a script with the sh of Wine's host, and returns all that it wrote and its exit
// code. Wine starts Unix programs as well, but such a process can't be waited for, so its shell
// leaves the exit code in a file.
func HostShell(t testing.TB, script string) (out string, code int) {
	t.Helper()
	dir, err := os.MkdirTemp(`Z:\tmp`, "surefoot-host-")
	require.NoError(t, err)
	t.Cleanup(func() { RemoveAll(t, dir) })
	file := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(file("script"), []byte(script), 0o600))
	require.NoError(t, startUnix(`Z:\bin\sh`, "sh", "-c",
		`cd "$1" && sh script >out 2>&1; echo $? >ended.new && mv ended.new ended`, "sh", HostPath(dir)))
	var ended []byte
	require.Eventually(t, func() bool {
		ended, err = os.ReadFile(file("ended"))
		return err == nil
	}, 5*time.Minute, 20*time.Millisecond, "the script does not end")
	code, err = strconv.Atoi(strings.TrimSpace(string(ended)))
	require.NoError(t, err)
	text, err := os.ReadFile(file("out"))
	require.NoError(t, err)
	return string(text), code
}

// startUnix starts a Unix program. os.StartProcess would close the handles of the new process and
// its thread, but Wine returns none for a Unix process: what stands there is left over from other
// calls, and may be a handle that the Go runtime waits on.
func startUnix(program string, args ...string) error {
	name, err := windows.UTF16PtrFromString(program)
	if err != nil {
		return err
	}
	line, err := windows.UTF16PtrFromString(windows.ComposeCommandLine(args))
	if err != nil {
		return err
	}
	return windows.CreateProcess(name, line, nil, nil, false, 0, nil, nil, new(windows.StartupInfo), new(windows.ProcessInformation))
}
