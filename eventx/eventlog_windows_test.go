package eventx

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

var helpers = map[string]func([]string) int{"report": reportHelper, "last words": lastWords, "last event": lastEvent}

// reportHelper writes two events of an unregistered source and one of an installed one.
func reportHelper([]string) int {
	h, err := NewHandler("surefoot-unregistered", &HandlerOptions{Level: slog.LevelInfo})
	if err != nil {
		return 1
	}
	l := slog.New(h)
	l.Error("磁盘 100%1 full", ID(4000), Category(3), "path", `C:\data`)
	l.Info("plain")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if h.Shutdown(ctx) != nil || h.Stats().Errors > 0 {
		return 2
	}

	installed := Source{Name: fmt.Sprintf("surefoot-installed-%d", os.Getpid()), Categories: []string{"One", "Two", "Three"}}
	if _, err := Install(installed); err != nil {
		return 3
	}
	defer Uninstall(installed.Name)
	if h, err = NewHandler(installed.Name, nil); err != nil {
		return 4
	}
	slog.New(h).Warn("installed", ID(60000), Category(3))
	if h.Shutdown(ctx) != nil || h.Stats().Errors > 0 {
		return 5
	}
	return 0
}

// TestReport writes events as an uninstalled and as an installed service.
func TestReport(t *testing.T) {
	testenv.NeedChange(t, "registers an event source and writes to the Application log")
	out, err := testenv.Command(t, "report").CombinedOutput()
	require.NoError(t, err, string(out))
}

// TestReportEventTrace reads the arguments of ReportEventW from Wine's trace.
func TestReportEventTrace(t *testing.T) {
	if !testenv.IsWine() {
		t.Skip("reads Wine's trace; TestQueryEventLog reads the log of Windows")
	}
	trace := wineTrace(t, "report", "-all,+eventlog,fixme+advapi")
	call := regexp.MustCompile(`ReportEventW (?:\(\w+,(\w+,\w+,\w+),\w+,(\w+),|L"(.*)"\r?\n)`)
	var got []string
	for _, m := range call.FindAllStringSubmatch(trace, -1) {
		got = append(got, m[1]+m[2]+m[3])
	}
	assert.Equal(t, []string{
		"0x0001,0x0003,0x00000ce3" + "0x0009", // error, category 3, ID 3299, nine strings
		`\78c1\76d8 100%\200b1 full\r\n`, `path=C:\\data\r\n`, "event_id=4000",
		"0x0004,0x0000,0x00000ce3" + "0x0009", // information
		"plain",
		"0x0002,0x0003,0x0000ea60" + "0x0001", // warning, category 3, ID 60000, one string
		"installed",
	}, got, trace)
}

// wineTrace runs a helper on a separate Wine with the given WINEDEBUG, and returns all of its
// output. Wine writes traces to Unix's stderr, which a Windows program can't read, but a Windows
// program can start a Unix program.
func wineTrace(t *testing.T, helper, debug string) string {
	t.Helper()
	wineExec, err := filepath.Abs(`..\.ci\wine-exec`)
	require.NoError(t, err)
	cmd := testenv.Command(t, helper)
	args := append([]string{"env", "WINEDEBUG=" + debug}, cmd.Env[len(os.Environ()):]...)
	args = append(args, testenv.HostPath(wineExec), testenv.HostPath(cmd.Path))
	for i, arg := range args {
		args[i] = shquote.Quote(arg)
	}
	out, _ := testenv.HostShell(t, strings.Join(args, " "))
	return out
}
