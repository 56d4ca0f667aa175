package procx

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// innerVar makes a child run the tests that are meant to fail: those named TestInner..., with
// CheckMain around them if it says so.
const innerVar = "PROCX_TEST_INNER"

func TestMain(m *testing.M) {
	switch os.Getenv(innerVar) {
	case "checkmain":
		os.Exit(CheckMain(m, patient))
	case "checkmain, quick":
		os.Exit(CheckMain(m, quick))
	}
	testenv.Main(m, helpers)
}

// helpers lists the functions that child processes of the tests run.
var helpers = map[string]func([]string) int{
	"stdin":     func([]string) int { _, _ = io.Copy(io.Discard, os.Stdin); return 0 },
	"deep main": func([]string) int { return findDeep(100) },
	"panic": func([]string) int {
		g := NewGroup(context.Background(), "mail")
		g.Go("fetch", func(context.Context) error { panic("boom") })
		_ = g.Wait()
		return 0
	},
}

// A check that finds an intended leak need not wait long. A check that finds none may have to, on a
// busy machine.
var (
	quick   = &Options{Settle: 50 * time.Millisecond}
	patient = &Options{Settle: 2 * time.Minute}
)

func needInner(t *testing.T) {
	t.Helper()
	if os.Getenv(innerVar) == "" {
		t.Skip("fails on purpose: other tests run it in a child")
	}
}

// inner runs the named inner test in a child process and returns its verdicts and its output.
func inner(t *testing.T, mode, test string) (verdicts map[string]string, out string, code int) {
	t.Helper()
	out, code = innerArgs(t, mode, "-test.run=^"+test+"$", "-test.v", "-test.parallel=4") // as many as meet
	verdicts = make(map[string]string)
	for line := range strings.Lines(out) {
		var verdict, name string
		if n, _ := fmt.Sscanf(strings.TrimSpace(line), "--- %s %s", &verdict, &name); n == 2 {
			verdicts[name] = strings.TrimSuffix(verdict, ":")
		}
	}
	return verdicts, out, code
}

// meeting returns a function that returns when n tests have called it: they overlap.
func meeting(n int) (meet func()) {
	var missing sync.WaitGroup
	missing.Add(n)
	return func() {
		missing.Done()
		missing.Wait()
	}
}

func innerArgs(t *testing.T, mode string, args ...string) (out string, code int) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), innerVar+"="+mode)
	text, err := cmd.CombinedOutput()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		require.NoError(t, err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}

// A fakeTB records what Check would do to a test.
type fakeTB struct {
	name     string
	errors   []string
	cleanups []func()
}

func (f *fakeTB) Helper()                      {}
func (f *fakeTB) Name() string                 { return f.name }
func (f *fakeTB) Cleanup(c func())             { f.cleanups = append(f.cleanups, c) }
func (f *fakeTB) Errorf(s string, args ...any) { f.errors = append(f.errors, fmt.Sprintf(s, args...)) }
func (f *fakeTB) finish() (report string) {
	for i := len(f.cleanups) - 1; i >= 0; i-- {
		f.cleanups[i]()
	}
	return strings.Join(f.errors, "\n")
}

// checked runs body under Check, as a test would, and returns the report.
func checked(o *Options, body func()) string {
	tb := &fakeTB{name: "TestFake"}
	Check(tb, o)
	body()
	return tb.finish()
}

// block starts a goroutine that waits until the test ends.
func block(t testing.TB) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() { defer close(ended); waitFor(done) }()
	t.Cleanup(func() { close(done); <-ended })
}

func waitFor(done chan struct{}) { <-done }
