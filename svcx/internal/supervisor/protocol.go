// Package supervisor runs a service's Main and mediates between Main and the service manager.
//
// The protocol between the supervisor and the manager is modelled on the Windows SCM, whose values
// it uses for states, reports and controls. Other platforms and tests provide their own [Manager],
// so that all share one supervisor.
package supervisor

import (
	"context"
	"time"
)

// State is a SERVICE_STATUS.dwCurrentState.
type State uint32

const (
	Stopped State = 1 + iota
	StartPending
	StopPending
	Running
	ContinuePending
	PausePending
	Paused
)

// Pending reports whether a service in that state must raise its checkpoint. Inlined, it would add
// 400 bytes to the binary.
//
//go:noinline
func (s State) Pending() bool {
	return s == StartPending || s == StopPending || s == ContinuePending || s == PausePending
}

// Controls that a service accepts: SERVICE_STATUS.dwControlsAccepted.
const (
	AcceptStop          = 0x1
	AcceptPauseContinue = 0x2
	AcceptShutdown      = 0x4
	AcceptParamChange   = 0x8
	AcceptPower         = 0x40
	AcceptSession       = 0x80
	AcceptPreshutdown   = 0x100

	// AcceptCustom is not a Windows flag; Windows sends every custom control to every service.
	AcceptCustom = 1 << 31
)

// Controls.
const (
	Stop        = 1
	Pause       = 2
	Continue    = 3
	Interrogate = 4
	Shutdown    = 5
	ParamChange = 6
	Power       = 13
	Session     = 14
	Preshutdown = 15
	FirstCustom = 128
	LastCustom  = 255
)

// Error numbers (WinError.h) that a control handler returns or a service ends with.
const (
	NoError             = 0
	ErrNotImplemented   = 120  // ERROR_CALL_NOT_IMPLEMENTED
	ErrCannotAcceptCtrl = 1061 // ERROR_SERVICE_CANNOT_ACCEPT_CTRL
	ErrServiceSpecific  = 1066 // ERROR_SERVICE_SPECIFIC_ERROR
	ErrProcessAborted   = 1067 // ERROR_PROCESS_ABORTED
	ErrTimeout          = 1460 // ERROR_TIMEOUT
	PowerSettingChange  = 0x8013
)

// Status is a status report: a SERVICE_STATUS, and fields for managers other than Windows'.
type Status struct {
	State       State
	Accepts     uint32
	ExitCode    uint32 // dwWin32ExitCode
	ServiceCode uint32 // dwServiceSpecificExitCode, if ExitCode is ErrServiceSpecific
	CheckPoint  uint32 // 0 unless State is pending
	WaitHint    time.Duration

	Text      string // human-readable
	Progress  bool   // the service itself made progress; false for a heartbeat
	Reloading bool
}

// Control is a request to a service. The receiver owns Data.
type Control struct {
	Code, Type uint32
	Data       []byte
}

// Manager is the connection to the service's manager. A supervisor calls Report from one goroutine,
// in order.
type Manager interface {
	Report(Status) error
	Controls() <-chan Control
}

// Container is a Manager in the service's own process, which must outlive the service. The
// Container receives a panic, or the stacks of a hung Main, and the process does not exit.
type Container interface {
	Manager
	Panicked(value any, stack []byte)
	Hung(stacks []byte)
	Arguments() []string // as passed to StartService
}

type managerKey struct{}

// With returns a context in which a service runs under m.
func With(ctx context.Context, m Container) context.Context {
	return context.WithValue(ctx, managerKey{}, m)
}

// ManagerOf returns the Container added to the context by With, or nil.
func ManagerOf(ctx context.Context) Container {
	m, _ := ctx.Value(managerKey{}).(Container)
	return m
}

// Answer returns the result of the control handler (HandlerEx): NoError if the service accepts the
// control, otherwise ERROR_CALL_NOT_IMPLEMENTED.
func Answer(code, accepts uint32) uint32 {
	var need uint32
	switch code {
	case Interrogate: // the manager already knows the state
		return NoError
	case Stop:
		need = AcceptStop
	case Shutdown:
		need = AcceptShutdown
	case Preshutdown:
		need = AcceptPreshutdown
	case Pause, Continue:
		need = AcceptPauseContinue
	case ParamChange:
		need = AcceptParamChange
	case Power:
		need = AcceptPower
	case Session:
		need = AcceptSession
	default:
		if code >= FirstCustom && code <= LastCustom {
			need = AcceptCustom
		}
	}
	if need&accepts != 0 {
		return NoError
	}
	return ErrNotImplemented
}
