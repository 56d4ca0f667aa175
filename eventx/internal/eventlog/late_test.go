package eventlog

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// TestLateEvents checks that a late event contains its time, and that reading it back returns that
// time.
func TestLateEvents(t *testing.T) {
	r := &eventtest.Reports{}
	l := &Log{Report: r.Report}
	e := queue.Note(slog.LevelError, "m", slog.Int("k", 1), queue.ID(7))
	at := e.Time
	_, err := l.Write(e)
	require.NoError(t, err)
	assert.Equal(t, "m\r\nk=1", r.All[0].Inserts[0], "not late")
	e.Late = true
	l.Form = FormOEM
	_, err = l.Write(e)
	require.NoError(t, err)
	want := at.UTC().Format(time.RFC3339Nano)
	assert.Equal(t, "m\r\nk=1\r\nevent_time="+want+"\r\nevent_id=7", r.All[1].Inserts[0])
	record, err := parseWinEvent("<Event><System><EventID>3299</EventID><TimeCreated SystemTime='2026-01-01T00:00:00Z'/></System><EventData><Data>" +
		r.All[1].Inserts[0] + "</Data>" + strings.Repeat("<Data></Data>", 8) + "</EventData></Event>")
	require.NoError(t, err)
	assert.True(t, at.Equal(record.Time))
	assert.Equal(t, uint16(7), record.ID)
	assert.Equal(t, []string{"k=1"}, eventtest.Texts(record.Attrs))
}
