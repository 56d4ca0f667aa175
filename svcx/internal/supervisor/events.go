package supervisor

import (
	"encoding/binary"
	"sync/atomic"
)

// EventKind is the kind of an [Event]. The values are those of package svcx.
type EventKind uint8

const (
	EventPause EventKind = 1 + iota
	EventContinue
	EventReload
	EventSession
	EventPower
	EventCustom
)

// Event is a notification from a manager to a running service.
type Event struct {
	Kind    EventKind
	Code    uint32
	Session uint32
	Data    []byte
}

// newEvent returns the event for a control that changes no state, or nil for other controls.
func newEvent(c Control) *Event {
	switch {
	case c.Code == Session:
		e := &Event{Kind: EventSession, Code: c.Type}
		if len(c.Data) >= 8 { // WTSSESSION_NOTIFICATION{cbSize, dwSessionId}
			e.Session = binary.LittleEndian.Uint32(c.Data[4:])
		}
		return e
	case c.Code == Power:
		return &Event{Kind: EventPower, Code: c.Type, Data: c.Data}
	case c.Code >= FirstCustom && c.Code <= LastCustom:
		return &Event{Kind: EventCustom, Code: c.Code}
	}
	return nil
}

// deliver hands e to Main. It returns false if too many events are waiting.
func (s *Supervisor) deliver(e *Event) bool {
	if s.config.Deliver == nil {
		return false
	}
	var done atomic.Bool
	return s.config.Deliver(e, func() {
		if done.CompareAndSwap(false, true) {
			s.tell(&message{kind: eventDone, event: e.Kind})
		}
	})
}
