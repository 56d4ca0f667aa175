package eventx

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

// Flags by their names in winevt.h.
const (
	evtQueryChannelPath             = 0x1
	evtQueryForwardDirection        = 0x100
	evtSubscribeStartAtOldestRecord = 2
	evtRenderEventXML               = 1
)

func query(ctx context.Context, f Filter, yield func(Record) bool) error {
	ids := f.IDs
	if len(ids) > 0 { // events whose log could not have their ID carry it as an attribute
		ids = append([]uint16{DefaultID, oemID}, ids...)
	}
	list, err := f.queryList(ids)
	if err != nil {
		return err
	}
	text, err := xml.Marshal(list)
	if err != nil {
		return err
	}
	q, err := windows.UTF16PtrFromString(string(text))
	if err != nil {
		return err
	}
	if f.Follow {
		return follow(ctx, f, q, yield)
	}
	results, err := winapi.EvtQuery(0, nil, q, evtQueryChannelPath|evtQueryForwardDirection)
	if err != nil {
		return fmt.Errorf("log %q: %w", cmp.Or(f.Log, defaultLog), err)
	}
	defer winapi.EvtClose(results)
	_, err = readEvents(ctx, results, f, yield)
	return err
}

// follow reads what there is and what comes, until ctx ends.
func follow(ctx context.Context, f Filter, query *uint16, yield func(Record) bool) error {
	arrived, err := windows.CreateEvent(nil, 0, 1, nil)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(arrived)
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
	subscription, err := winapi.EvtSubscribe(0, arrived, nil, query, 0, 0, 0, evtSubscribeStartAtOldestRecord)
	if err != nil {
		return fmt.Errorf("log %q: %w", cmp.Or(f.Log, defaultLog), err)
	}
	defer winapi.EvtClose(subscription)
	for {
		more, err := readEvents(ctx, subscription, f, yield)
		if !more || err != nil {
			return err
		}
		// The log signals also while events are being read. Should that be
		// missed all the same, they come a little later.
		const missed = 2000 // ms
		if _, err := windows.WaitForMultipleObjects([]windows.Handle{ended, arrived}, false, missed); err != nil {
			return err
		}
	}
}

// readEvents yields what a result set or a subscription has now. More is false
// if the caller has had enough.
func readEvents(ctx context.Context, results windows.Handle, f Filter, yield func(Record) bool) (more bool, err error) {
	var batch [32]windows.Handle
	var buf []uint16
	for {
		if ctx.Err() != nil {
			return false, context.Cause(ctx)
		}
		var n uint32
		err := winapi.EvtNext(results, uint32(len(batch)), &batch[0], windows.INFINITE, 0, &n)
		if errors.Is(err, windows.ERROR_NO_MORE_ITEMS) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		more = true
		for _, event := range batch[:n] {
			if more && err == nil {
				more, buf, err = yieldEvent(event, buf, f, yield)
			}
			winapi.EvtClose(event)
		}
		if !more || err != nil {
			return false, err
		}
	}
}

func yieldEvent(event windows.Handle, buf []uint16, f Filter, yield func(Record) bool) (more bool, grown []uint16, err error) {
	text, buf, err := render(event, buf)
	if err != nil {
		return false, buf, err
	}
	r, err := parseWinEvent(text)
	if err != nil {
		return false, buf, err
	}
	return !f.matches(r) || yield(r), buf, nil
}

// render returns an event as XML, and the buffer for the next.
func render(event windows.Handle, buf []uint16) (string, []uint16, error) {
	for {
		var p *uint16
		if len(buf) > 0 {
			p = &buf[0]
		}
		var used, properties uint32 // used is in bytes
		err := winapi.EvtRender(0, event, evtRenderEventXML, uint32(2*len(buf)), p, &used, &properties)
		if errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) && int(used) > 2*len(buf) {
			buf = make([]uint16, used/2+1024)
			continue
		}
		if err != nil {
			return "", buf, err
		}
		return windows.UTF16ToString(buf), buf, nil
	}
}
