package eventx

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSyslog(t *testing.T) {
	e := note(slog.LevelError, "it\nbroke", ID(4000), slog.String("k", "v w"))
	got, cut := appendSyslog(nil, e, "my service:[x]", 42, syslogLimit)
	at := e.time.Local().Format(time.Stamp)
	assert.Equal(t, `<27>`+at+` my_service__x][42]: it\nbroke event_id=4000 k="v w"`, string(got))
	assert.False(t, cut)

	got, cut = appendSyslog(nil, note(slog.LevelInfo, strings.Repeat("ü", 10_000)), "orders", 42, syslogLimit)
	assert.True(t, cut)
	assert.LessOrEqual(t, len(got), syslogLimit)
	assert.Regexp(t, `^<30>`+at+` orders\[42\]: ü+…\[\+59\d\d\]$`, string(got))
}
