// Package leaktest has the API of github.com/fortytw2/leaktest on procx.
package leaktest

import (
	"context"
	"time"

	"github.com/surefoot-go/surefoot/procx"
)

type ErrorReporter interface {
	Errorf(format string, args ...interface{})
}

func Check(t ErrorReporter) func() { return CheckTimeout(t, 5*time.Second) }

func CheckTimeout(t ErrorReporter, d time.Duration) func() {
	since := procx.Now()
	return func() { report(t, since, d) }
}

func CheckContext(ctx context.Context, t ErrorReporter) func() {
	since := procx.Now()
	return func() {
		d := time.Minute
		if deadline, ok := ctx.Deadline(); ok {
			d = max(1, time.Until(deadline))
		}
		report(t, since, d)
	}
}

func report(t ErrorReporter, since *procx.Baseline, d time.Duration) {
	leaks, err := procx.Find(&procx.Options{Since: since, Settle: d})
	if err != nil {
		t.Errorf("%v", err)
	}
	for _, l := range leaks {
		t.Errorf("leaktest: leaked goroutine: %v\n%s", l, l.Stack)
	}
}
