package eventx

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// untilWritten logs a message repeatedly until the system's log has received one, however long the
// handler waits before it retries a failed log.
func untilWritten(t *testing.T, l *slog.Logger, receive func() string) {
	t.Helper()
	got := make(chan string, 1)
	go func() { got <- receive() }()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case message := <-got:
			require.Contains(t, message, "MESSAGE=again\n")
			return
		case <-tick.C:
			l.Warn("again")
		}
	}
}

// TestLogWithoutDescriptors checks that without descriptors, all events go to the fallback if the
// log is not open, and only those that need a descriptor if it is.
func TestLogWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	path, receive := listenUnixgram(t)
	useSockets(t, path)
	leave := testenv.Starve(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out, Rate: Rate{PerSecond: -1}})
	l := slog.New(h)
	leave(0)
	l.Error("without")
	flush(t, h)
	assert.Contains(t, out.String(), "the log can't be written, events follow here")
	assert.Contains(t, out.String(), "too many open files")
	assert.Contains(t, out.String(), "level=ERROR msg=without")

	leave(-1)
	untilWritten(t, l, receive)
	leave(0)
	l.Error("large", "data", strings.Repeat("x", 1<<20)) // needs a memory file
	l.Error("small")
	flush(t, h)
	for got := ""; !strings.Contains(got, "MESSAGE=small\n"); got = receive() {
		assert.NotContains(t, got, "MESSAGE=large\n")
	}
	assert.Contains(t, out.String(), "the log refused an event")
	assert.Contains(t, out.String(), "msg=large")
	assert.Zero(t, checkSum(t, h).Dropped)
	leave(-1)
}

// TestFallbackOnFullDisk checks that events that neither the log nor the fallback accepts are
// counted, and reported on a separate line as soon as there is room.
func TestFallbackOnFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=32k")
	out, err := os.OpenFile(filepath.Join(dir, "out.log"), os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	require.NoError(t, err)
	defer out.Close()
	_, err = out.Write(append(bytes.Repeat([]byte("x"), 4000), '\n')) // room for less than a line
	require.NoError(t, err)
	free := testenv.FillDisk(t, dir)

	absent := filepath.Join(dir, "absent")
	useSockets(t, absent, absent)
	h := newHandler(t, &HandlerOptions{Fallback: out})
	l := slog.New(h)
	for i := range 3 {
		l.Error("no room for "+strconv.Itoa(i), "pad", strings.Repeat("y", 200))
	}
	flush(t, h)
	assert.Equal(t, uint64(3), checkSum(t, h).Dropped)

	free()
	l.Error("room")
	flush(t, h)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^time=\S+ level=ERROR msg=room `, string(text))
	assert.Regexp(t, `(?m)^time=\S+ level=ERROR msg="3 events were lost: .* errors=3 warnings=0`, string(text))
	checkSum(t, h)
}

// TestLogPermissionLost checks that no events are lost if the account may not write to a new
// journald.
func TestLogPermissionLost(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InOwnProcess(t) {
		return
	}
	dir, err := os.MkdirTemp("", "eventx-test-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	path := filepath.Join(dir, "socket")
	receive, stop := listenAt(t, path)
	useSockets(t, path)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	l := slog.New(h)
	l.Warn("first")
	assert.Contains(t, receive(), "MESSAGE=first\n")
	const nobody = 65534
	require.NoError(t, syscall.Setresuid(nobody, nobody, 0)) // root is kept for the end
	l.Warn("second")
	assert.Contains(t, receive(), "MESSAGE=second\n", "who has it open writes on")

	require.NoError(t, syscall.Setresuid(0, 0, 0))
	stop()
	_, stop = listenAt(t, path)
	defer stop()
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, syscall.Setresuid(nobody, nobody, 0))
	defer syscall.Setresuid(0, 0, 0)
	require.Eventually(t, func() bool {
		l.Warn("third")
		flush(t, h)
		return strings.Contains(out.String(), "permission denied")
	}, time.Minute, 20*time.Millisecond)
	assert.Contains(t, out.String(), "level=WARN msg=third")
	assert.Zero(t, checkSum(t, h).Dropped)
}

// TestLogDuringClockJumps checks that every event is written, in order and with the wall clock
// time of its logging, and that rates and outages use the monotonic clock.
func TestLogDuringClockJumps(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	log := new(fakeLog).use(t)
	h := newHandler(t, &HandlerOptions{Rate: Rate{PerSecond: 0.001, Burst: 1}})
	l := slog.New(h)
	const year = 365 * 24 * time.Hour
	var times []time.Time
	for i, d := range []time.Duration{0, year, -3 * year, 2 * year} {
		testenv.JumpClock(t, d)
		times = append(times, time.Now().Round(0))
		l.Warn(strconv.Itoa(i), ID(uint16(2000+i)))
		l.Warn("too many, however much later it seems", ID(2000))
	}
	flush(t, h)
	got := log.all()
	require.Len(t, got, 5)
	for i, at := range times {
		assert.Equal(t, strconv.Itoa(i), got[i].Message)
		assert.WithinDuration(t, at, got[i].Time.Round(0), time.Minute)
	}
	assert.Equal(t, IDSuppressed, got[4].ID)
	assert.Equal(t, uint64(4), checkSum(t, h).Suppressed)

	broken := &fakeLog{onWrite: func(n int) (bool, error) {
		if n == 1 {
			return false, queue.Lost(errors.New("down"))
		}
		return false, nil
	}}
	broken.use(t)
	h = newHandler(t, &HandlerOptions{Fallback: &testenv.Buffer{}})
	l = slog.New(h)
	l.Warn("to the fallback")
	flush(t, h)
	testenv.JumpClock(t, -3*year) // a time of day to try again at would be far away
	require.Eventually(t, func() bool {
		l.Warn("again")
		flush(t, h)
		return len(broken.messages()) > 0
	}, time.Minute, 20*time.Millisecond)
}
