// Package zoo has specimens of goroutines that tests leave running, or seem to, and puts them to
// procx and to goleak. Each verdict is made in a process of its own.
package zoo

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"go.uber.org/goleak"

	"github.com/surefoot-go/surefoot/procx"
)

// A Specimen is a test's body.
type Specimen struct {
	Group, Name string
	Leaks       bool // whether it leaves a goroutine behind
	Body        func() error
}

// A Verdict is what a judge says of a specimen.
type Verdict struct {
	Leak bool
	Took time.Duration
	Err  error // it could not be judged
}

// judges report whether a body leaks.
var judges = map[string]func(body func() error) (leak bool, err error){
	"procx": func(body func() error) (bool, error) {
		t := new(quietTB)
		procx.Check(t, nil)
		err := body()
		t.cleanup()
		return t.failed, err
	},
	"goleak": func(body func() error) (bool, error) {
		t := new(quietTB)
		before := goleak.IgnoreCurrent()
		err := body()
		goleak.VerifyNone(t, before)
		return t.failed, err
	},
}

// A quietTB is a test that keeps its errors to itself.
type quietTB struct {
	cleanup func()
	failed  bool
}

func (t *quietTB) Helper()               {}
func (t *quietTB) Name() string          { return "TestSpecimen" }
func (t *quietTB) Cleanup(f func())      { t.cleanup = f }
func (t *quietTB) Errorf(string, ...any) { t.failed = true }
func (t *quietTB) Error(...any)          { t.failed = true }

// variable makes a process a judge of one specimen: "judge:group/name".
const variable = "SUREFOOT_ZOO"

// Main ends a process that Judge has started, once it has judged. In others it does nothing. It
// must be called first.
func Main() {
	judge, name, ok := strings.Cut(os.Getenv(variable), ":")
	if !ok {
		return
	}
	for _, s := range Specimens {
		if s.Group+"/"+s.Name != name {
			continue
		}
		start := time.Now()
		leak, err := judges[judge](s.Body)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Print(leak, " ", int64(time.Since(start)))
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "no such specimen:", name)
	os.Exit(2)
}

// Judge has a process of this program's executable judge the specimen.
func Judge(ctx context.Context, judge string, s Specimen) (v Verdict) {
	exe, err := os.Executable()
	if err != nil {
		return Verdict{Err: err}
	}
	cmd := exec.CommandContext(ctx, exe)
	cmd.Env = append(os.Environ(), variable+"="+judge+":"+s.Group+"/"+s.Name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return Verdict{Err: fmt.Errorf("%s: %w: %s", s.Name, err, stderr.String())}
	}
	_, v.Err = fmt.Sscan(string(out), &v.Leak, (*int64)(&v.Took))
	return v
}
