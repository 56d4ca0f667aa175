package eventx

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// lastWords logs one error and ends the process in the way given by its argument.
func lastWords(args []string) int {
	out, err := os.OpenFile(args[1], os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return 3
	}
	h, err := NewHandler("surefoot-test", &HandlerOptions{Sync: slog.LevelError, Fallback: out, open: func(string) (queue.Sink, error) {
		return nil, errors.New("no log here")
	}})
	if err != nil {
		return 4
	}
	switch args[0] {
	case "exit":
		slog.New(h).Error("last words")
		os.Exit(0)
	case "crash":
		slog.New(h).Error("last words")
		panic("crash")
	case "fatal":
		SetDefault(h)
		log.Fatal("last words")
	case "panic":
		SetDefault(h)
		log.Panicf("last %s", "words")
	}
	return 5
}

// TestSync checks that an error logged just before the process ends is not lost, in 200 of 200
// runs.
func TestSync(t *testing.T) {
	runs := 50
	if testing.Short() {
		runs = 2
	}
	for _, end := range []string{"exit", "crash", "fatal", "panic"} {
		t.Run(end, func(t *testing.T) {
			for i := range runs {
				path := filepath.Join(t.TempDir(), "fallback")
				require.NoError(t, os.WriteFile(path, nil, 0o600))
				_ = testenv.Command(t, "last words", end, path).Run() // its exit code is as it ends
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Contains(t, string(text), `level=ERROR msg="last words"`, "run %d", i)
			}
		})
	}
}

func TestSyncWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &fakeLog{onWrite: func(int) (bool, error) { time.Sleep(time.Second / 2); return false, nil }}
		fake.use(t)
		h := newHandler(t, &HandlerOptions{Sync: slog.LevelError})
		start := time.Now()
		slog.New(h).Warn("does not wait")
		assert.Zero(t, time.Since(start))
		slog.New(h).With("a", 1).Error("waits")
		assert.Equal(t, time.Second, time.Since(start), "for its own event and for the one before")
		assert.Equal(t, []string{"does not wait", "waits"}, fake.messages())
		checkSum(t, h)
	})
}

// TestSyncWithHungLog checks that the event is in the fallback instead, and that the next one does
// not wait again.
func TestSyncWithHungLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, release := hung(t)
		out := &testenv.Buffer{}
		h := newHandler(t, &HandlerOptions{Sync: slog.LevelError, Queue: 2, Fallback: out})
		l := slog.New(h)
		start := time.Now()
		l.Error("one")
		assert.Equal(t, queue.SyncWait, time.Since(start))
		assert.Equal(t, 1, strings.Count(out.String(), "msg=one"))
		for i := range 5 {
			l.Error(fmt.Sprint("another ", i))
			assert.Equal(t, 1, strings.Count(out.String(), fmt.Sprint(`msg="another `, i)), "also when there is no room")
		}
		assert.Equal(t, queue.SyncWait, time.Since(start))
		release()
		flush(t, h)
		assert.Equal(t, []string{"one", "another 0", "another 1"}, fake.messages(), "an event is in both if the log does answer")
		start = time.Now()
		l.Error("again")
		assert.Zero(t, time.Since(start))
		assert.NotContains(t, out.String(), "msg=again")
		assert.Equal(t, Stats{Sent: 7, Written: 7}, checkSum(t, h))
	})
}

// TestSyncWithEverythingHung checks that Handle returns even if both log and fallback hang.
func TestSyncWithEverythingHung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		gate := make(chan struct{})
		h := newHandler(t, &HandlerOptions{Sync: slog.LevelError, Queue: 1, Fallback: writerFunc(func(p []byte) (int, error) { <-gate; return len(p), nil })})
		start := time.Now()
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { slog.New(h).Error("m") })
		}
		wg.Wait()
		assert.Equal(t, 2*queue.SyncWait, time.Since(start))
		close(gate)
		release()
		flush(t, h)
		checkSum(t, h)
	})
}

// TestSyncOverRate checks that events over the rate are in the fallback.
func TestSyncOverRate(t *testing.T) {
	fake := new(fakeLog).use(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Sync: slog.LevelError, Fallback: out, Rate: Rate{PerSecond: 0.001, Burst: 3}})
	for range 10 {
		slog.New(h).Error("m")
	}
	assert.Len(t, fake.messages(), 3)
	assert.Equal(t, 7, strings.Count(out.String(), "msg=m"))
	flush(t, h)
	assert.Equal(t, uint64(7), checkSum(t, h).Suppressed)
}

func TestSyncAfterClose(t *testing.T) {
	new(fakeLog).use(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Sync: slog.LevelError, Fallback: out})
	require.NoError(t, h.Close())
	assert.ErrorIs(t, h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelError, "late", 0)), ErrClosed)
	assert.Contains(t, out.String(), "msg=late")
}

// TestSetDefault checks that no line of package log is silently lost.
func TestSetDefault(t *testing.T) {
	saved, flags := slog.Default(), log.Flags()
	t.Cleanup(func() {
		slog.SetDefault(saved)
		log.SetFlags(flags)
		log.SetOutput(os.Stderr)
	})
	fake := new(fakeLog).use(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out, AddSource: true})
	SetDefault(h)
	log.Print("routine")
	assert.Regexp(t, `level=INFO source=\S*sync_test.go:\d+ msg=routine`, out.String())
	assert.Panics(t, func() { log.Panicln("it broke") })
	assert.Panics(t, func() { log.Default().Panicf("it broke %d", 2) })
	assert.Equal(t, []string{"it broke", "it broke 2"}, fake.messages(), "without a Flush")
	for _, e := range fake.all() {
		assert.Equal(t, slog.LevelError, e.Level)
		assert.Contains(t, e.Source.File, "sync_test.go")
	}
	slog.Warn("slog too")
	flush(t, h)
	assert.Equal(t, "slog too", fake.messages()[2])

	verbose := newHandler(t, &HandlerOptions{Level: slog.LevelInfo, Fallback: out})
	SetDefault(verbose)
	log.Print("routine that is wanted")
	flush(t, verbose)
	assert.Equal(t, slog.LevelInfo, fake.all()[3].Level)
	assert.NotContains(t, out.String(), "wanted")
}
