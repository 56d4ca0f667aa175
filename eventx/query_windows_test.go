package eventx

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestQueryEventLog writes to the real log and reads it back, registered and not.
func TestQueryEventLog(t *testing.T) {
	testenv.NeedWindows(t, "has no event log to read")
	testenv.NeedChange(t, "registers an event source and writes to the Application log")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s := Source{Name: sourceName(t), Events: []Event{{2001, "The service broke.\n%1"}}, Categories: []string{"One", "Two"}}
	start := time.Now().Add(-time.Second)
	write := func() {
		h, err := NewHandler(s.Name, &HandlerOptions{Level: slog.LevelInfo})
		require.NoError(t, err)
		l := slog.New(h)
		l.Error("fe80::1%12\x00 broke", ID(60000), Category(2), "stack", "a\nb=c\nd", "磁盘", "💾")
		l.Warn("long", ID(2001), "value", strings.Repeat("x", 40_000))
		l.Info("plain")
		require.NoError(t, h.Shutdown(ctx))
		require.Equal(t, Stats{Sent: 3, Written: 3, Truncated: 1}, h.Stats())
	}
	write() // not registered yet
	_, err := Install(s)
	require.NoError(t, err)
	defer func() { assert.NoError(t, Uninstall(s.Name)) }()
	write()

	filter := Filter{Sources: []string{s.Name}, Since: start}
	var got []Record
	require.Eventually(t, func() bool { // the log may show an event a little later
		got = nil
		for r, err := range Query(ctx, filter) {
			require.NoError(t, err)
			got = append(got, r)
		}
		return len(got) == 6
	}, 20*time.Second, 100*time.Millisecond, "%v", got)
	for i, r := range got {
		want := []Record{
			{Level: slog.LevelError, ID: 60000, Category: 2, Message: "fe80::1%12␀ broke", Attrs: []slog.Attr{slog.String("stack", "a\nb=c\nd"), slog.String("磁盘", "💾")}},
			{Level: slog.LevelWarn, ID: 2001, Message: "long"},
			{Level: slog.LevelInfo, ID: DefaultID, Message: "plain"},
		}[i%3]
		if want.Message == "long" {
			require.Len(t, r.Attrs, 1)
			assert.Regexp(t, `^x+…\[\+\d+\]$`, r.Attrs[0].Value.String())
			want.Attrs = r.Attrs
		}
		assert.Equal(t, s.Name, r.Source)
		assert.WithinDuration(t, time.Now(), r.Time, time.Minute)
		assert.NotEmpty(t, r.Host)
		want.Time, want.Source, want.Host, want.PID, want.Bookmark = r.Time, r.Source, r.Host, r.PID, r.Bookmark
		eventtest.AssertRecord(t, reading.Record(want), reading.Record(r))
	}

	filter.IDs, filter.After = []uint16{60000}, got[0].Bookmark
	var byID []string
	for r, err := range Query(ctx, filter) {
		require.NoError(t, err)
		byID = append(byID, r.Bookmark)
	}
	assert.Equal(t, []string{got[3].Bookmark}, byID)

	// An operator sees the text of the message file, and without one not "The description for Event
	// ID … cannot be found".
	for i, want := range map[int]string{0: "broke", 3: "broke", 4: "The service broke."} {
		query := fmt.Sprintf("/q:*[System[EventRecordID=%s]]", got[i].Bookmark[strings.LastIndexByte(got[i].Bookmark, '/')+1:])
		shown, err := exec.CommandContext(ctx, "wevtutil", "query-events", "Application", query, "/format:text").CombinedOutput()
		require.NoError(t, err, string(shown))
		assert.Contains(t, string(shown), want)
	}

	// Follow: existing events, then new ones.
	follow := Filter{Sources: []string{s.Name}, After: got[4].Bookmark, Follow: true}
	n := 0
	for r, err := range Query(ctx, follow) {
		require.NoError(t, err)
		if n++; n == 1 {
			assert.Equal(t, "plain", r.Message)
			write()
		}
		if n == 4 {
			break
		}
	}
	assert.Equal(t, 4, n)
}

func TestQueryUnknownLog(t *testing.T) {
	testenv.NeedWindows(t, "has no event log to read")
	for _, follow := range []bool{false, true} {
		for _, err := range Query(context.Background(), Filter{Log: "surefoot-no-such-log", Follow: follow}) {
			require.ErrorContains(t, err, "surefoot-no-such-log")
		}
	}
}
