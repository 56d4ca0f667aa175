package main

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/eventx"
)

// source is who the events in the system's log come from.
var source = eventx.Source{Name: name}

// newLog returns one logger for two places: the console, and the system's own log. The handler of
// the latter must be closed.
func newLog() (*slog.Logger, *eventx.Handler, error) {
	events, err := eventx.NewHandler(source.Name, &eventx.HandlerOptions{
		Level:    slog.LevelInfo,
		Fallback: io.Discard, // the console has it already
	})
	if err != nil {
		return nil, nil, err
	}
	console := slog.NewTextHandler(consolex.Stdout(), nil)
	return slog.New(slog.NewMultiHandler(console, events)), events, nil
}

// reportCrash logs what an earlier run left behind when it crashed.
func reportCrash(ctx context.Context, report []byte) {
	log, events, err := newLog()
	if err != nil {
		return
	}
	defer within(5*time.Second, events.Shutdown)
	eventx.NewHealth(log, name).OnCrash(ctx, report)
}
