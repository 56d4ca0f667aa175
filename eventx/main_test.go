package eventx

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, helpers)
}

// event is an event received by a fake log.
type event struct {
	Time     time.Time
	Level    slog.Level
	ID       uint16
	HasID    bool
	Category uint16
	Message  string
	Attrs    string // key=value, comma separated
	Source   *slog.Source
}

// fakeLog is a sink that records events. Its funcs, if set, determine the results.
type fakeLog struct {
	onWrite func(n int) (cut bool, err error) // n counts from 1

	mu     sync.Mutex
	events []event
	writes int
	opened int
	closed int
}

func (f *fakeLog) Write(e *queue.Entry) (bool, error) {
	f.mu.Lock()
	f.writes++
	n, decide := f.writes, f.onWrite
	f.mu.Unlock()
	var cut bool
	if decide != nil {
		var err error
		if cut, err = decide(n); err != nil {
			return false, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var attrs []string
	for _, a := range e.Fields {
		attrs = append(attrs, string(e.Key(a))+"="+string(e.Value(a)))
	}
	f.events = append(f.events, event{e.Time, e.Level, e.EventID(), e.HasID, e.Category, string(e.Message()), strings.Join(attrs, ","), e.Source})
	return cut, nil
}

func (f *fakeLog) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
	return nil
}

func (f *fakeLog) all() []event {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]event(nil), f.events...)
}

func (f *fakeLog) messages() []string {
	var all []string
	for _, e := range f.all() {
		all = append(all, e.Message)
	}
	return all
}

// use makes f the system's log until the test ends.
func (f *fakeLog) use(t testing.TB) *fakeLog {
	t.Helper()
	useSink(t, func(string) (queue.Sink, error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.opened++
		return f, nil
	})
	return f
}

// systemSink opens the log of the handlers that newHandler makes; nil: the system's.
var systemSink func(string) (queue.Sink, error)

func useSink(t testing.TB, open func(string) (queue.Sink, error)) {
	old := systemSink
	systemSink = open
	t.Cleanup(func() { systemSink = old })
}

// newHandler returns a handler that is closed before the test's log goes away.
func newHandler(t testing.TB, o *HandlerOptions) *Handler {
	t.Helper()
	var options HandlerOptions
	if o != nil {
		options = *o
	}
	options.open = systemSink
	h, err := NewHandler("surefoot-test", &options)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	return h
}

func flush(t testing.TB, h *Handler) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(t, h.Flush(ctx))
}

// checkSum checks that the counts account for every event.
func checkSum(t testing.TB, h *Handler) Stats {
	t.Helper()
	s := h.Stats()
	assert.Equal(t, s.Sent, s.Written+s.Dropped+s.Suppressed, "%+v", s)
	return s
}
