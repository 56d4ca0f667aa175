package eventx

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLateEvents: an event that waited says when it happened, and reading it back gives that time.
func TestLateEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &reports{}
		l := &eventLog{report: r.report}
		e := note(slog.LevelError, "m", slog.Int("k", 1), ID(7))
		at := e.time
		time.Sleep(time.Second)
		_, err := l.write(e)
		require.NoError(t, err)
		assert.Equal(t, "m\r\nk=1", r.All[0].Inserts[0], "not late")
		time.Sleep(time.Millisecond)
		l.form = formOEM
		_, err = l.write(e)
		require.NoError(t, err)
		want := at.UTC().Format(time.RFC3339Nano)
		assert.Equal(t, "m\r\nk=1\r\nevent_time="+want+"\r\nevent_id=7", r.All[1].Inserts[0])
		record, err := parseWinEvent("<Event><System><EventID>3299</EventID><TimeCreated SystemTime='2026-01-01T00:00:00Z'/></System><EventData><Data>" +
			r.All[1].Inserts[0] + "</Data>" + strings.Repeat("<Data></Data>", 8) + "</EventData></Event>")
		require.NoError(t, err)
		assert.True(t, at.Equal(record.Time))
		assert.Equal(t, uint16(7), record.ID)
		assert.Equal(t, []string{"k=1"}, texts(record.Attrs))

		e.time = time.Time{}
		assert.False(t, isLate(e), "it has no time")
	})
}
