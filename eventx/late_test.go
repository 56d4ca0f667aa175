package eventx

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
)

// TestLateAfterHang checks that events delayed by a hung log contain their time, and that later
// ones don't.
func TestLateAfterHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r eventtest.Reports
		gate := make(chan struct{})
		h, err := NewHandler("surefoot-test", &HandlerOptions{Report: func(kind, category uint16, id uint32, inserts []*uint16) error {
			<-gate
			return r.Report(kind, category, id, inserts)
		}})
		require.NoError(t, err)
		l := slog.New(h)
		time.Sleep(time.Hour) // idle
		for i := range 20 {
			l.Warn(fmt.Sprint("waits ", i))
		}
		time.Sleep(10 * time.Second)
		close(gate)
		flush(t, h)
		for i := range 20 {
			l.Warn(fmt.Sprint("in time ", i))
			time.Sleep(300 * time.Millisecond)
		}
		record := slog.NewRecord(time.Now().Add(-time.Minute), slog.LevelError, "a record that came late", 0)
		require.NoError(t, h.Handle(t.Context(), record))
		require.NoError(t, h.Close())
		require.Len(t, r.All, 41)
		for i, got := range r.All {
			late := strings.Contains(got.Inserts[0], "event_time=")
			assert.Equal(t, i > 0 && i < 20 || i == 40, late, "%d: %s", i, got.Inserts[0]) // the first was not late when the log got it
		}
	})
}
