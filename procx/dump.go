package procx

import (
	"os"
	"runtime"
	"runtime/metrics"
	"sync"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// counters returns the number of goroutines ever created and the number of live ones. Reading them
// takes 100 ns and does not stop the world.
func counters() (created, live uint64) {
	s := [2]metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(s[:])
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}

// dump returns the stack traces of all goroutines, with labels if wanted. It stops the world while
// they are written.
func dump(labels bool) string {
	if labels {
		defer showLabels()()
	}
	_, live := counters()
	// Most stacks take less than 2 kB. If the buffer is too small, the dump has to be repeated.
	for size := 64<<10 + int(live)<<11; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return unsafe.String(&buf[0], n) // nothing else has buf
		}
	}
}

var showing sync.Mutex

// showLabels makes stack traces show labels until restore is called. The setting is global to the
// process: other settings in GODEBUG are kept, and a change made by other code in the meantime
// takes precedence.
func showLabels() (restore func()) {
	const name, setting = "GODEBUG", "tracebacklabels=1"
	showing.Lock()
	old, was := os.LookupEnv(name)
	set := setting
	if old != "" {
		set = old + "," + setting
	}
	os.Setenv(name, set)
	return func() {
		defer showing.Unlock()
		if now := os.Getenv(name); now != set {
			return
		}
		if !was {
			os.Unsetenv(name)
			return
		}
		os.Setenv(name, old)
	}
}

// self returns the ID of the calling goroutine.
func self() uint64 {
	var buf [64]byte
	n := runtime.Stack(buf[:], false)
	g, _ := goroutine.ParseOne(string(buf[:n]))
	return g.ID
}
