package svcx

import (
	"context"

	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// Accepts is the set of events that a service wants; see [Service].Accept.
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
	// Pause: stop taking on work and call Done; the service is Paused then. Windows only.
	Pause EventKind = 1 + iota
	// Continue: take on work again and call Done; the service is Running then. Windows only.
	Continue
	// Reload: read the configuration again and call Done. On Windows SERVICE_CONTROL_PARAMCHANGE,
	// elsewhere SIGHUP (systemctl reload).
	Reload
	// SessionChange: Event.Code is a WTS_ constant (WTS_SESSION_LOGON = 5), Event.Session whose
	// session it is. Windows only.
	SessionChange
	// PowerChange: Event.Code is a PBT_ constant (PBT_APMSUSPEND = 4), Event.Data a copy of the
	// POWERBROADCAST_SETTING of PBT_POWERSETTINGCHANGE. Windows only.
	PowerChange
	// Custom: Event.Code is the control, 128 to 255. Windows only.
	Custom
)

// Event is what a manager tells a running service. Everything in it is a copy: it stays valid.
type Event struct {
	Kind    EventKind
	Code    uint32
	Session uint32
	Data    []byte

	done func()
}

// Done reports that the service has done what the event asks for. Until then a service that is
// asked to pause, to continue or to reload counts as being on its way. It need not be called for
// events of other kinds.
func (e Event) Done() {
	if e.done != nil {
		e.done()
	}
}

type eventsKey struct{}

// Events returns the channel of the events that the service accepts ([Service].Accept), in order.
// ctx is what Main was given; with another one the channel is nil. The channel is never closed:
// select on ctx.Done too. Events that come while 64 are waiting are lost; a service that should
// have paused runs on then.
func Events(ctx context.Context) <-chan Event {
	events, _ := ctx.Value(eventsKey{}).(<-chan Event)
	return events
}

// controls returns the controls that an SCM may send to the service.
func (a Accepts) controls() uint32 {
	mask := uint32(supervisor.AcceptStop | supervisor.AcceptShutdown | supervisor.AcceptPreshutdown)
	for _, x := range [...]struct {
		accept  Accepts
		control uint32
	}{
		{AcceptPause, supervisor.AcceptPauseContinue},
		{AcceptReload, supervisor.AcceptParamChange},
		{AcceptSession, supervisor.AcceptSession},
		{AcceptPower, supervisor.AcceptPower},
		{AcceptCustom, supervisor.AcceptCustom},
	} {
		if a&x.accept != 0 {
			mask |= x.control
		}
	}
	return mask
}
