package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m, nil) }

// runExample runs the example and returns what it prints.
func runExample(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	view := filepath.Join(t.TempDir(), "view.xml")
	var out strings.Builder
	require.NoError(t, run(ctx, &out, view, false), out.String())
	xml, err := os.ReadFile(view)
	require.NoError(t, err)
	assert.Contains(t, string(xml), "EventID=2001")
	return out.String()
}

func TestExample(t *testing.T) {
	if runtime.GOOS == "windows" {
		testenv.NeedWindows(t, "has no event log to read")
		testenv.NeedChange(t, "registers an event source and writes to the Application log")
	}
	if runtime.GOOS == "linux" {
		if _, err := os.Stat("/run/systemd/journal/socket"); err == nil {
			testenv.NeedChange(t, "writes to the journal")
		}
	}
	out := runExample(t)
	assert.Contains(t, out, "events go to: ")
	if runtime.GOOS == "windows" {
		assert.Contains(t, out, "installed, changed: true\n")
		assert.Contains(t, out, "ERROR surefoot-events[2001] invoice not sent invoice=4711")
	}
}

func TestExampleOnJournald(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	out := runExample(t)
	assert.Contains(t, out, "events go to: journald /run/systemd/journal/socket")
	for _, line := range []string{
		"INFO surefoot-events[101] orders: starting -> healthy ",
		`ERROR surefoot-events[2001] invoice not sent err="dial fe80::1%12: i/o timeout" invoice=4711`,
		"ERROR surefoot-events[103] payment: healthy -> unhealthy ",
		"INFO surefoot-events[105] orders: stopping -> stopped ",
	} {
		assert.Contains(t, out, line)
	}
}
