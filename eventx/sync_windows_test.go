package eventx

import (
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// lastEvent logs an error to the Event Log and exits at once.
func lastEvent([]string) int {
	h, err := NewHandler("surefoot-unregistered", &HandlerOptions{Sync: slog.LevelError})
	if err != nil {
		return 1
	}
	slog.New(h).Error("last words")
	os.Exit(0)
	return 0
}

// TestSyncTrace checks that the event of a process that exits at once reaches the Event Log.
func TestSyncTrace(t *testing.T) {
	if !testenv.IsWine() {
		t.Skip("reads Wine's trace; TestSync shows the same with the fallback")
	}
	for range 5 {
		trace := wineTrace(t, "last event", "-all,+eventlog,fixme+advapi")
		assert.Equal(t, 1, strings.Count(trace, "last words"), trace)
	}
}
