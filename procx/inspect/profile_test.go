package inspect

import (
	"bytes"
	"context"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// capture takes a goroutine profile.
func capture(t testing.TB) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&buf, 0))
	return buf.Bytes()
}

func TestProfileRoundTrip(t *testing.T) {
	p, err := parseProfile(capture(t))
	require.NoError(t, err)
	require.NotEmpty(t, p.samples)
	var buf bytes.Buffer
	require.NoError(t, p.encode(&buf))
	again, err := parseProfile(buf.Bytes())
	require.NoError(t, err)
	assert.Equal(t, p, again)
}

func TestSubtract(t *testing.T) {
	pprof.Do(t.Context(), pprof.Labels("job", "one"), func(context.Context) { testSubtract(t) })
}

func testSubtract(t *testing.T) {
	release := make(chan struct{})
	for range 3 {
		go parked(release)
	}
	before := captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 3 })
	same := captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 3 })
	same.subtract(before)
	assert.Zero(t, counts(same)["inspect.parked"])

	for range 2 {
		go parked(release)
	}
	go burnt(release)
	more := captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 5 && n["inspect.burnt"] == 1 })
	more.subtract(before)
	assert.Equal(t, int64(2), counts(more)["inspect.parked"])
	assert.Equal(t, int64(1), counts(more)["inspect.burnt"])
	assert.Equal(t, more.time-before.time, more.duration)

	close(release)
	gone := captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 0 })
	gone.subtract(before) // now with samples of the older one's alone
	assert.Equal(t, int64(-3), counts(gone)["inspect.parked"])
}

// captureWhen takes a profile once ok returns true for the goroutines of this package: a new one
// has no stack before it runs.
func captureWhen(t *testing.T, ok func(map[string]int64) bool) (p *profile) {
	t.Helper()
	require.Eventually(t, func() bool {
		var err error
		p, err = parseProfile(capture(t))
		return assert.NoError(t, err) && ok(counts(p))
	}, time.Minute, 10*time.Millisecond)
	return p
}

func burnt(release chan struct{}) { <-release }

// counts sums goroutines by the function that they run.
func counts(p *profile) map[string]int64 {
	names, sums := p.functionNames(), map[string]int64{}
	for _, s := range p.samples {
		for _, id := range s.locations {
			for _, function := range names[id] {
				if _, name, ok := strings.Cut(function, "procx/"); ok {
					sums[name] += s.values[0]
				}
			}
		}
	}
	return sums
}

func FuzzParseProfile(f *testing.F) {
	f.Add(capture(f))                                             // as the runtime writes it
	f.Add([]byte{})                                               // empty
	f.Add([]byte("\x1f\x8b\x08\x00"))                             // a zip cut off
	f.Add([]byte("\x32\x00\x32\x01a\x12\x04\x0a\x02\x01\x02"))    // bare: two strings, a sample of two locations
	f.Add([]byte("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")) // longer than it is
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := parseProfile(data)
		if err != nil {
			return
		}
		var buf bytes.Buffer
		require.NoError(t, p.encode(&buf))
		again, err := parseProfile(buf.Bytes())
		require.NoError(t, err)
		p.annotate(cpuUse{}, time.Second)
		again.subtract(p)
		groupProfile(again)
		require.NoError(t, again.encode(&buf))
	})
}

func TestCPUComments(t *testing.T) {
	used := cpuUse{100 * time.Millisecond, 20 * time.Millisecond}
	for _, tt := range []struct {
		name            string
		total, syscalls time.Duration
		warns           bool
	}{
		{"all true", 120 * time.Millisecond, 20 * time.Millisecond, false},
		{"phantoms", 3 * time.Second, 2900 * time.Millisecond, true},
		{"sampling error", 200 * time.Millisecond, 90 * time.Millisecond, false},
		{"busy, no system calls", 3 * time.Second, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			comments := cpuComments(used, 3*time.Second, tt.total, tt.syscalls)
			assert.Equal(t, "CPU time of the process: 120ms (user 100ms, system 20ms) in 3s, by the system's account", comments[0])
			assert.Equal(t, tt.warns, len(comments) == 2)
			if tt.warns {
				assert.Contains(t, comments[1], "WARNING: 3s were sampled, 2.88s more than used: 2.9s of them")
			}
		})
	}
}

func TestIsSyscall(t *testing.T) {
	for _, name := range []string{"runtime.cgocall", "runtime.stdcall4", "syscall.SyscallN", "syscall.Syscall6", "runtime.asmstdcall"} {
		assert.True(t, isSyscall(name), name)
	}
	for _, name := range []string{"", "main.main", "runtime.mallocgc", "syscall.UTF16FromString"} {
		assert.False(t, isSyscall(name), name)
	}
}
