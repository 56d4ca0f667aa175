package reading

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestRecordString(t *testing.T) {
	r := Record{Time: time.Date(2026, 11, 25, 9, 30, 0, 123456789, time.UTC), Level: slog.LevelError, Source: "orders", ID: 2001,
		Message: "it\nbroke", Attrs: []slog.Attr{slog.String("host", "a"), slog.String("err", "no route")}}
	assert.Equal(t, `2026-11-25T09:30:00.123Z ERROR orders[2001] it\nbroke host=a err="no route"`, r.String())
	r.ID, r.Attrs = 0, nil
	assert.Equal(t, `2026-11-25T09:30:00.123Z ERROR orders it\nbroke`, r.String())
}

func TestMatches(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	r := Record{Time: at, Level: slog.LevelWarn, ID: 7}
	assert.True(t, Filter{}.Matches(r))
	assert.True(t, Filter{IDs: []uint16{6, 7}, MinLevel: slog.LevelWarn, Since: at}.Matches(r))
	assert.False(t, Filter{IDs: []uint16{6}}.Matches(r))
	assert.False(t, Filter{MinLevel: slog.LevelError}.Matches(r))
	assert.False(t, Filter{Since: at.Add(1)}.Matches(r))
}
