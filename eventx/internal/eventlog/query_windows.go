package eventlog

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/internal/winapi"
)

// Flags by their names in winevt.h.
const (
	evtQueryChannelPath             = 0x1
	evtQueryForwardDirection        = 0x100
	evtSubscribeStartAtOldestRecord = 2
	evtRenderEventXML               = 1
)

// query yields the events that f selects.
func query(ctx context.Context, f reading.Filter, yield func(reading.Record) bool) error {
	r := evtReader{filter: f, open: openEvents, yield: yield}
	return r.run(ctx)
}

// openEvents opens a query or, for a filter that follows, a subscription.
func openEvents(f reading.Filter) (evtResults, error) {
	ids := f.IDs
	if len(ids) > 0 { // some events have their ID in an attribute
		ids = append([]uint16{queue.DefaultID, oemID}, ids...)
	}
	list, err := queryListOf(f, ids)
	if err != nil {
		return nil, err
	}
	text, err := xml.Marshal(list)
	if err != nil {
		return nil, err
	}
	query, err := windows.UTF16PtrFromString(string(text))
	if err != nil {
		return nil, err
	}
	e := new(evtHandle)
	if f.Follow {
		if e.arrived, err = windows.CreateEvent(nil, 0, 1, nil); err != nil {
			return nil, err
		}
		e.results, err = winapi.EvtSubscribe(0, e.arrived, nil, query, 0, 0, 0, evtSubscribeStartAtOldestRecord)
	} else {
		e.results, err = winapi.EvtQuery(0, nil, query, evtQueryChannelPath|evtQueryForwardDirection)
	}
	if err != nil {
		e.Close()
		return nil, fmt.Errorf("log %q: %w", cmp.Or(f.Log, "Application"), err)
	}
	return e, nil
}

// evtHandle is an open query, or a subscription.
type evtHandle struct {
	results windows.Handle
	arrived windows.Handle // of a subscription: signalled when there are events
	buf     []uint16       // scratch
}

func (e *evtHandle) Close() {
	if e.results != 0 {
		winapi.EvtClose(e.results)
	}
	if e.arrived != 0 {
		windows.CloseHandle(e.arrived)
	}
}

func (e *evtHandle) next(n int) (texts []string, err error) {
	events := make([]windows.Handle, n)
	var got uint32
	if err := winapi.EvtNext(e.results, uint32(n), &events[0], windows.INFINITE, 0, &got); err != nil {
		return nil, err
	}
	for _, event := range events[:got] {
		texts = append(texts, e.render(event))
		winapi.EvtClose(event)
	}
	return texts, nil
}

// wait also returns after a while without a signal, in case one was missed.
func (e *evtHandle) wait(ctx context.Context) error {
	ended, err := windows.CreateEvent(nil, 1, 0, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(ended)
	watched := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(watched)
		windows.SetEvent(ended)
	})
	defer func() {
		if !stop() {
			<-watched // before ended is closed
		}
	}()
	const missed = 2000 // ms
	_, err = windows.WaitForMultipleObjects([]windows.Handle{ended, e.arrived}, false, missed)
	return err
}

// render returns an event as XML, or "" if the log can't render it.
func (e *evtHandle) render(event windows.Handle) string {
	for {
		var p *uint16
		if len(e.buf) > 0 {
			p = &e.buf[0]
		}
		var used, properties uint32 // used is in bytes
		err := winapi.EvtRender(0, event, evtRenderEventXML, uint32(2*len(e.buf)), p, &used, &properties)
		if errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) && int(used) > 2*len(e.buf) {
			e.buf = make([]uint16, used/2+1024)
			continue
		}
		if err != nil {
			return ""
		}
		return windows.UTF16ToString(e.buf)
	}
}
