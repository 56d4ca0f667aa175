package eventx

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/journal"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestJournald writes to a real journald and reads it back, with journalctl itself and with Query.
func TestJournald(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name := fmt.Sprintf("surefoot-%d", time.Now().UnixNano())
	state, err := Status(name)
	require.NoError(t, err)
	assert.Equal(t, State{Mode: Journald, Log: "/run/systemd/journal/socket"}, state)

	h, err := NewHandler(name, &HandlerOptions{Level: slog.LevelDebug, AddSource: true})
	require.NoError(t, err)
	l := slog.New(h)
	large := strings.Repeat("0123456789abcde\n", 1<<16) // 1 MiB
	l.Error("it\nbroke\x00", ID(60000), Category(2), "stack", "a\nPRIORITY=0\nb", "priority", "mine", "用户", "u", "订单", "o", "bytes", []byte{0, 255}, slog.Group("g", "k", "磁盘"))
	l.Warn("large", "data", large)
	l.Info("plain")
	l.Debug("detail")
	NewHealth(l, "orders").Set(ctx, Healthy, "all well")
	require.NoError(t, h.Shutdown(ctx))
	require.Equal(t, Stats{Sent: 5, Written: 5}, h.Stats())
	require.NoError(t, exec.CommandContext(ctx, "journalctl", "--sync").Run())

	out, err := exec.CommandContext(ctx, "journalctl", "-o", "json", "--all", "SYSLOG_IDENTIFIER="+name, "EVENT_ID=60000").Output()
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(out, &fields), string(out))
	for key, want := range map[string]string{
		"MESSAGE": "\"it\nbroke\\x00\"", "PRIORITY": "3", "STACK": "a\nPRIORITY=0\nb", "ATTR_PRIORITY": "mine", "G_K": "磁盘",
		"EVENT_ID": "60000", "EVENT_CATEGORY": "2", "MESSAGE_ID": journal.MessageID(name, 60000), "CODE_FUNC": "github.com/surefoot-go/surefoot/eventx.TestJournald",
	} {
		assert.Equal(t, want, fields[key], key)
	}
	assert.Contains(t, fields["CODE_FILE"], "systemd_linux_test.go")

	var got []Record
	for r, err := range Query(ctx, Filter{Sources: []string{name}, MinLevel: slog.LevelDebug, Since: time.Now().Add(-time.Hour)}) {
		require.NoError(t, err)
		got = append(got, r)
	}
	require.Len(t, got, 5)
	assert.Equal(t, []string{"it\nbroke\x00", "large", "plain", "detail", "orders: healthy"}, []string{got[0].Message, got[1].Message, got[2].Message, got[3].Message, got[4].Message})
	assert.Equal(t, []slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, slog.LevelInfo}, []slog.Level{got[0].Level, got[1].Level, got[2].Level, got[3].Level, got[4].Level})
	assert.Equal(t, uint16(60000), got[0].ID)
	assert.Equal(t, uint16(2), got[0].Category)
	assert.Equal(t, []string{"bytes=\x00\xff", "g.k=磁盘", "priority=mine", "stack=a\nPRIORITY=0\nb", "用户=u", "订单=o"}, eventtest.Texts(got[0].Attrs)[:6])
	assert.Equal(t, "data="+large, eventtest.Texts(got[1].Attrs)[0])
	assert.Equal(t, IDHealthy, got[4].ID)

	for filter, want := range map[*Filter]int{
		{Sources: []string{name}}:                                      4, // Info and up
		{Sources: []string{name}, MinLevel: slog.LevelError}:           1,
		{Sources: []string{name}, IDs: []uint16{60000, IDHealthy}}:     2,
		{Sources: []string{name, "another"}, After: got[1].Bookmark}:   2,
		{Sources: []string{name}, Since: time.Now().Add(time.Hour)}:    0,
		{Sources: []string{name + "-other"}, MinLevel: slog.LevelInfo}: 0,
	} {
		messages, err := collect(ctx, *filter)
		require.NoError(t, err)
		assert.Len(t, messages, want, "%+v", *filter)
	}

	// Follow: existing events, then new ones.
	n := 0
	for r, err := range Query(ctx, Filter{Sources: []string{name}, After: got[1].Bookmark, Follow: true}) {
		require.NoError(t, err)
		if n++; n == 2 {
			h, err := NewHandler(name, nil)
			require.NoError(t, err)
			slog.New(h).Warn("late")
			require.NoError(t, h.Shutdown(ctx))
		}
		if n == 3 {
			assert.Equal(t, "late", r.Message)
			break
		}
	}
	assert.Equal(t, 3, n)
}

// TestJournaldRestart checks that a new journald takes over the socket held by systemd.
func TestJournaldRestart(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	name := fmt.Sprintf("surefoot-%d", time.Now().UnixNano())
	h, err := NewHandler(name, nil)
	require.NoError(t, err)
	l := slog.New(h)
	l.Warn("before")
	require.NoError(t, h.Flush(ctx))
	require.NoError(t, exec.CommandContext(ctx, "systemctl", "restart", "systemd-journald").Run())
	l.Warn("after")
	require.NoError(t, h.Shutdown(ctx))
	require.NoError(t, exec.CommandContext(ctx, "journalctl", "--sync").Run())
	assert.Equal(t, Stats{Sent: 2, Written: 2}, h.Stats())
	messages, err := collect(ctx, Filter{Sources: []string{name}})
	require.NoError(t, err)
	assert.Equal(t, []string{"before", "after"}, messages)
}

// TestSyslogReader checks that the daemon at /dev/log understands the messages.
func TestSyslogReader(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	useSockets(t, "/absent", "/dev/log")
	name := fmt.Sprintf("surefoot-%d", time.Now().UnixNano())
	state, err := Status(name)
	require.NoError(t, err)
	assert.Equal(t, Syslog, state.Mode)
	h, err := NewHandler(name, nil)
	require.NoError(t, err)
	slog.New(h).Error("it\nbroke", ID(60000), "磁盘", "a b")
	require.NoError(t, h.Shutdown(ctx))
	require.NoError(t, exec.CommandContext(ctx, "journalctl", "--sync").Run())
	n := 0
	for r, err := range Query(ctx, Filter{Sources: []string{name}}) {
		require.NoError(t, err)
		assert.Equal(t, slog.LevelError, r.Level)
		assert.Equal(t, `it\nbroke event_id=60000 磁盘="a b"`, r.Message)
		n++
	}
	assert.Equal(t, 1, n)
}
