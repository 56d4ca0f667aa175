package bench

import (
	"context"
	"os"
	"os/signal"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/surefoot-go/surefoot/procx"
)

// TestProcxVerdicts puts the same programs to both. Where they differ, it says why.
func TestProcxVerdicts(t *testing.T) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	block := func() { ended.Add(1); go func() { defer ended.Done(); <-done }() }
	tests := []struct {
		name          string
		body          func()
		procx, goleak bool // whether it is a leak
	}{
		{"nothing", func() {}, false, false},
		{"one that ends", startOne, false, false},
		{"one that ends a little later", func() { go time.Sleep(20 * time.Millisecond) }, false, false},
		{"one that stays", block, true, true},
		{"below one that has ended", func() { var wg sync.WaitGroup; wg.Go(block); wg.Wait() }, true, true},
		{"without labels", func() {
			var wg sync.WaitGroup
			wg.Go(func() { pprof.SetGoroutineLabels(context.Background()); block() })
			wg.Wait()
		}, true, true},
		{"nil channel", func() { go func() { <-(chan int)(nil) }() }, true, true},
		{"empty select", func() { go func() { select {} }() }, true, true},
		{"signal.Notify", func() { c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); signal.Stop(c) }, false, false},
		{"forgotten stop of NotifyContext", func() { signal.NotifyContext(context.Background(), os.Interrupt) }, true, true},
		{"timer", func() { time.AfterFunc(time.Hour, func() {}) }, false, false},
		{"ticker", func() { time.NewTicker(time.Hour) }, false, false},
		{"trace and CPU profile, as with go test -cpuprofile", func() {
			if pprof.StartCPUProfile(discard{}) == nil {
				defer time.AfterFunc(3*time.Second, pprof.StopCPUProfile)
			}
		}, false, true}, // goleak takes the profile's writer for a leak
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			current := goleak.IgnoreCurrent()
			q, peer := new(quietTB), new(quietTB)
			procx.Check(q, &procx.Options{Settle: 100 * time.Millisecond})
			tt.body()
			q.cleanup()
			goleak.VerifyNone(peer, current)
			if q.failed != tt.procx || peer.failed != tt.goleak {
				t.Errorf("procx finds a leak: %v, want %v; goleak: %v, want %v", q.failed, tt.procx, peer.failed, tt.goleak)
			}
		})
	}
	close(done)
	ended.Wait()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
