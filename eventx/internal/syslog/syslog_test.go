package syslog

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

func TestSyslog(t *testing.T) {
	e := queue.Note(slog.LevelError, "it\nbroke", queue.ID(4000), slog.String("k", "v w"))
	got, cut := Append(nil, e, "my service:[x]", 42, Limit)
	at := e.Time.Local().Format(time.Stamp)
	assert.Equal(t, `<27>`+at+` my_service__x][42]: it\nbroke event_id=4000 k="v w"`, string(got))
	assert.False(t, cut)

	got, cut = Append(nil, queue.Note(slog.LevelInfo, strings.Repeat("ü", 10_000)), "orders", 42, Limit)
	assert.True(t, cut)
	assert.LessOrEqual(t, len(got), Limit)
	assert.Regexp(t, `^<30>`+at+` orders\[42\]: ü+…\[\+59\d\d\]$`, string(got))
}
