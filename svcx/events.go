package svcx

import (
	"context"

	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// Accepts is a set of events that a service handles; see [Service].Accept.
type Accepts uint8

const (
	AcceptPause   Accepts = 1 << iota // [Pause] and [Continue]
	AcceptReload                      // [Reload]
	AcceptSession                     // [SessionChange]
	AcceptPower                       // [PowerChange]
	AcceptCustom                      // [Custom]
)

// EventKind is the kind of an [Event].
type EventKind uint8

const (
	// Pause asks the service to stop accepting work and to call Done; the service is then Paused.
	// Windows only.
	Pause EventKind = 1 + iota
	// Continue asks the service to accept work again and to call Done; the service is then Running.
	// Windows only.
	Continue
	// Reload asks the service to reload its configuration and to call Done. It results from
	// SERVICE_CONTROL_PARAMCHANGE on Windows and from SIGHUP (systemctl reload) elsewhere.
	Reload
	// SessionChange reports a change of a user session. Event.Code is a WTS_ constant
	// (WTS_SESSION_LOGON = 5), Event.Session is the ID of the session. Windows only.
	SessionChange
	// PowerChange reports a power event. Event.Code is a PBT_ constant (PBT_APMSUSPEND = 4),
	// Event.Data is a copy of the POWERBROADCAST_SETTING of PBT_POWERSETTINGCHANGE. Windows only.
	PowerChange
	// Custom is a user-defined control. Event.Code is its number, 128 to 255. Windows only.
	Custom
)

// Event is a notification from the manager to a running service. Its Data is a copy and remains
// valid.
type Event struct {
	Kind    EventKind
	Code    uint32
	Session uint32
	Data    []byte

	done func()
}

// Done reports that the service has handled the event. Until Done is called, a service that was
// asked to pause, continue or reload is reported as being in transition. Done need not be called
// for other kinds of events.
func (e Event) Done() {
	if e.done != nil {
		e.done()
	}
}

// Events returns the channel of the events that the service accepts ([Service].Accept), in order.
// ctx must be Main's context or derived from it; otherwise the channel is nil. The channel is never
// closed, so select on ctx.Done as well. Events that arrive while 64 are waiting are lost; a
// service that loses a Pause continues to run.
func Events(ctx context.Context) <-chan Event {
	s := supervisor.Of(ctx)
	if s == nil {
		return nil
	}
	return s.Events().(chan Event)
}

// controls returns the mask of the controls that the SCM may send to the service.
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
