package procx

import (
	"context"
	"os"
	"path/filepath"
	"runtime/pprof"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// The test harness starts goroutines too. Each of these children runs a clean test under Check and
// CheckMain among some of them.
func TestHarnessIsNotReported(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		name string
		args []string
		want string // in the output, if it has done what it should
	}{
		{"tests", []string{"-test.run=^TestInnerHarness$"}, "--- PASS: TestInnerHarness"},
		{"often", []string{"-test.run=^TestInnerHarness$", "-test.count=3", "-test.cpu=1,4"}, "--- PASS: TestInnerHarness"},
		{"one at a time", []string{"-test.run=^TestInnerHarness$", "-test.parallel=1"}, "--- PASS: TestInnerHarness"},
		{"CPU profile", []string{"-test.run=^TestInnerHarness$", "-test.cpuprofile=" + filepath.Join(dir, "cpu")}, "--- PASS: TestInnerHarness"},
		{"trace", []string{"-test.run=^TestInnerHarness$", "-test.trace=" + filepath.Join(dir, "trace")}, "--- PASS: TestInnerHarness"},
		{"other profiles", []string{"-test.run=^TestInnerHarness$", "-test.blockprofile=" + filepath.Join(dir, "block"),
			"-test.mutexprofile=" + filepath.Join(dir, "mutex"), "-test.memprofile=" + filepath.Join(dir, "mem")}, "--- PASS: TestInnerHarness"},
		{"time-out", []string{"-test.run=^TestInnerHarness$", "-test.timeout=5m"}, "--- PASS: TestInnerHarness"},
		{"benchmark", []string{"-test.run=^$", "-test.bench=^BenchmarkInner$", "-test.benchtime=20x"}, "BenchmarkInner/parallel"},
		{"fuzz seeds", []string{"-test.run=^FuzzInner$"}, "--- PASS: FuzzInner"},
		{"fuzzing", []string{"-test.run=^FuzzInner$", "-test.fuzz=^FuzzInner$", "-test.fuzztime=50x", "-test.parallel=2", "-test.fuzzcachedir=" + dir}, "fuzz: elapsed"},
		{"every trace of the runtime", []string{"-test.run=^TestInnerHarness$"}, "--- PASS: TestInnerHarness"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "every trace of the runtime" {
				t.Setenv("GOTRACEBACK", "system")
			}
			out, code := innerArgs(t, "checkmain", append([]string{"-test.v"}, tt.args...)...)
			assert.Zero(t, code, out)
			assert.Contains(t, out, tt.want)
			assert.NotContains(t, out, "procx:")
		})
	}
}

func TestInnerHarness(t *testing.T) {
	needInner(t)
	Check(t, patient)
	brief := func(t *testing.T) {
		Check(t, patient)
		done := make(chan struct{})
		go func() { time.Sleep(time.Millisecond); close(done) }()
		<-done
	}
	t.Run("serial", brief)
	t.Run("parallel", func(t *testing.T) {
		for _, name := range []string{"a", "b", "c", "d"} {
			t.Run(name, func(t *testing.T) { t.Parallel(); brief(t) })
		}
	})
	t.Run("unchecked", func(t *testing.T) { t.Parallel(); time.Sleep(5 * time.Millisecond) })
	t.Run("bubble", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			Check(t, nil)
			go time.Sleep(time.Second) // of the bubble, as is Settle
		})
	})
	t.Run("after FailNow", func(t *testing.T) {
		Check(t, patient)
		defer t.SkipNow()
	})
	t.Run("started before", func(t *testing.T) {
		t.Run("sub", func(t *testing.T) { Check(t, patient) })
		block(t)
		Check(t, patient)
		go func() {}()
	})
	t.Run("started before, in turn", func(t *testing.T) {
		for _, name := range []string{"a", "b", "c"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				block(t)
				Check(t, patient)
				go func() {}()
			})
		}
	})
	t.Run("pprof.Do", func(t *testing.T) {
		Check(t, patient)
		pprof.Do(context.Background(), pprof.Labels("a", "b"), func(context.Context) { go func() {}() })
	})
}

func BenchmarkInner(b *testing.B) {
	if os.Getenv(innerVar) == "" {
		b.Skip("for TestHarnessIsNotReported")
	}
	Check(b, patient)
	b.Run("serial", func(b *testing.B) {
		Check(b, patient)
		for b.Loop() {
			done := make(chan struct{})
			go close(done)
			<-done
		}
	})
	b.Run("parallel", func(b *testing.B) {
		Check(b, patient)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
			}
		})
	})
}

func FuzzInner(f *testing.F) {
	if os.Getenv(innerVar) == "" {
		f.Skip("for TestHarnessIsNotReported")
	}
	Check(f, patient)
	f.Add([]byte("a seed"))
	f.Fuzz(func(t *testing.T, _ []byte) {
		Check(t, patient)
		t.Parallel()
		done := make(chan struct{})
		go close(done)
		<-done
	})
}

func TestHarness(t *testing.T) {
	for entry, want := range map[string]bool{
		"runtime.main": true, "runtime.bgsweep": true, "testing.tRunner": true, "testing.(*B).run1": true,
		"testing/synctest.Test.func1": true, "internal/fuzz.CoordinateFuzzing.func3": true, "os/signal.loop": true,
		"runtime/pprof.profileWriter": true, "runtime/trace.Start.func1": true, "main.main": true,
		"os/signal.NotifyContext.func1": false, "main.main.func1": false, "testing2.f": false, "example.com/testing.f": false, "": false,
	} {
		assert.Equal(t, want, harnessFunc(entry), entry)
	}
	require.True(t, goroutine.Scaffold("sync.(*WaitGroup).Go.func1"))
	require.False(t, goroutine.Scaffold("sync.(*WaitGroup).Goes.func1"))
}
