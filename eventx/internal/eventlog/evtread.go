package eventlog

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Errors of reading the Windows Event Log, by their names in winerror.h.
const (
	errorInvalidParameter = syscall.Errno(87)
	errorNoMoreItems      = syscall.Errno(259)
	rpcInvalidBound       = syscall.Errno(1734)
	errorEvtQueryStale    = syscall.Errno(15011)
	errorEvtPosition      = syscall.Errno(15012)
)

// evtResults are the results of an open query or subscription.
type evtResults interface {
	// next returns at most n events as XML, with an empty text for an unreadable one, or an error
	// that wraps errorNoMoreItems.
	next(n int) ([]string, error)
	// wait returns when there may be more, or when ctx ends.
	wait(ctx context.Context) error
	Close()
}

// Limits for retrying a query.
const (
	evtBatch   = 32 // events at once
	evtRetries = 10 // consecutive retries without an event
)

// evtReader reads events, and continues after the last one if the log aborts a query: because it
// was cleared or has overwritten its oldest events (15011, 15012), or because the events of one
// batch are too large for one response (1734, 87).
type evtReader struct {
	filter reading.Filter // After is updated while reading
	open   func(reading.Filter) (evtResults, error)
	yield  func(reading.Record) bool

	batch   int
	retries int
}

var errEnough = errors.New("the caller has had enough")

func (r *evtReader) run(ctx context.Context) error {
	for r.batch = evtBatch; ; {
		results, err := r.open(r.filter)
		if err != nil {
			return err
		}
		err = r.read(ctx, results)
		results.Close()
		if errors.Is(err, errEnough) {
			return nil
		}
		if !brokenOff(err) || r.retries == evtRetries {
			return err
		}
		r.retries++
		r.batch = max(1, r.batch/2)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(time.Duration(r.retries) * time.Millisecond):
		}
	}
}

func brokenOff(err error) bool {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch errno {
	case errorInvalidParameter, rpcInvalidBound, errorEvtQueryStale, errorEvtPosition:
		return true
	}
	return false
}

// read yields the existing events and, if the filter follows, new ones.
func (r *evtReader) read(ctx context.Context, results evtResults) error {
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		events, err := results.next(r.batch)
		switch {
		case errors.Is(err, errorNoMoreItems) && !r.filter.Follow:
			return nil
		case errors.Is(err, errorNoMoreItems):
			err = results.wait(ctx)
		}
		if err != nil {
			return err
		}
		for _, text := range events {
			record, err := parseWinEvent(text)
			if err != nil {
				continue // there is nothing in it
			}
			r.filter.After, r.retries = record.Bookmark, 0
			if r.filter.Matches(record) && !r.yield(record) {
				return errEnough
			}
		}
	}
}
