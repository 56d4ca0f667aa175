package svcx

import (
	"context"
	"encoding/binary"
	"sync"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

// Accepts says which events a service wants; see [Service].Accept.
type Accepts uint8

const (
	AcceptPause   Accepts = 1 << iota // [Pause] and [Continue]
	AcceptReload                      // [Reload]
	AcceptSession                     // [SessionChange]
	AcceptPower                       // [PowerChange]
	AcceptCustom                      // [Custom]
)

// EventKind is what an [Event] is about.
type EventKind uint8

const (
	// Pause: stop taking on work and call Done; the service is Paused then.
	// Windows only.
	Pause EventKind = 1 + iota
	// Continue: take on work again and call Done; the service is Running then.
	// Windows only.
	Continue
	// Reload: read the configuration again and call Done. On Windows
	// SERVICE_CONTROL_PARAMCHANGE, elsewhere SIGHUP (systemctl reload).
	Reload
	// SessionChange: Event.Code is a WTS_ constant (WTS_SESSION_LOGON = 5),
	// Event.Session whose session it is. Windows only.
	SessionChange
	// PowerChange: Event.Code is a PBT_ constant (PBT_APMSUSPEND = 4),
	// Event.Data a copy of the POWERBROADCAST_SETTING of
	// PBT_POWERSETTINGCHANGE. Windows only.
	PowerChange
	// Custom: Event.Code is the control, 128 to 255. Windows only.
	Custom
)

// Event is what a manager tells a running service. Everything in it is a copy:
// it stays valid.
type Event struct {
	Kind    EventKind
	Code    uint32
	Session uint32
	Data    []byte

	done func()
}

// Done says that the service has done what the event asks for. Until then a
// service that is asked to pause, to continue or to reload counts as being on
// its way. It need not be called for events of other kinds.
func (e Event) Done() {
	if e.done != nil {
		e.done()
	}
}

// Events returns the channel of the events that the service accepts
// ([Service].Accept), in order. ctx is what Main was given; with another one
// the channel is nil. The channel is never closed: select on ctx.Done too.
// Events that come while 64 are waiting are lost; a service that should have
// paused runs on then.
func Events(ctx context.Context) <-chan Event {
	if s := supervisorOf(ctx); s != nil {
		return s.events
	}
	return nil
}

// newEvent makes the event of a control that changes no state, nil if there is
// none.
func newEvent(c scm.Control) *Event {
	switch {
	case c.Code == scm.Session:
		e := &Event{Kind: SessionChange, Code: c.Type}
		if len(c.Data) >= 8 { // WTSSESSION_NOTIFICATION{cbSize, dwSessionId}
			e.Session = binary.LittleEndian.Uint32(c.Data[4:])
		}
		return e
	case c.Code == scm.Power:
		return &Event{Kind: PowerChange, Code: c.Type, Data: c.Data}
	case c.Code >= scm.FirstCustom && c.Code <= scm.LastCustom:
		return &Event{Kind: Custom, Code: c.Code}
	}
	return nil
}

// controls returns the controls that an SCM may send to the service.
func (a Accepts) controls() uint32 {
	mask := uint32(scm.AcceptStop | scm.AcceptShutdown | scm.AcceptPreshutdown)
	for _, x := range [...]struct {
		accept  Accepts
		control uint32
	}{
		{AcceptPause, scm.AcceptPauseContinue},
		{AcceptReload, scm.AcceptParamChange},
		{AcceptSession, scm.AcceptSession},
		{AcceptPower, scm.AcceptPower},
		{AcceptCustom, scm.AcceptCustom},
	} {
		if a&x.accept != 0 {
			mask |= x.control
		}
	}
	return mask
}

// deliver hands e to main, or says that too many wait.
func (s *supervisor) deliver(e Event) bool {
	var once sync.Once
	kind := e.Kind
	e.done = func() { once.Do(func() { s.tell(event{happening: finished, kind: kind}) }) }
	select {
	case s.events <- e:
		return true
	default:
		return false
	}
}
