// Package spec defines what the back ends for the service managers share: the validated service,
// the interface between them and package svcx, and the errors that they return.
package spec

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Spec describes a service to register, with defaults filled in.
type Spec struct {
	Name, DisplayName, Description string
	Executable                     string // absolute
	Dir                            string // "": the executable's
	Args                           []string
	Env                            map[string]string
	Account, Password              string
	DependsOn                      []string
	StartType                      StartType
	RestartDelays                  []time.Duration // empty: never
	RestartReset                   time.Duration
	StopTimeout                    time.Duration
	StartTimeout                   time.Duration // 0: no limit
	Watchdog                       time.Duration // 0: none
	User                           bool
	Reload                         bool   // the service handles requests to reload
	LogDir                         string // "": the manager's default
	SID                            SIDType
	Privileges                     []string
	Unit                           []string // additional lines of a unit

	// Force allows Install and Uninstall to change another program's registration.
	Force bool
	// Trust returns an error if an account other than an administrator could replace a program that
	// will run with all rights. If Trust is nil, nothing is checked.
	Trust func(exe string) error
	// Dependents are the running services that a Restart found to depend on this one. A later
	// Restart with the same Spec also starts them, even if a failed Restart left them stopped.
	Dependents []string
	// AfterInstall is the last step of Install. If it returns an error, the other steps are undone.
	AfterInstall func(context.Context) error
}

// WorkDir returns the service's working directory.
func (s *Spec) WorkDir() string {
	if s.Dir != "" {
		return s.Dir
	}
	return Dir(s.Executable)
}

// Installed runs AfterInstall.
func (s *Spec) Installed(ctx context.Context) error {
	if s.AfterInstall == nil {
		return nil
	}
	if err := s.AfterInstall(ctx); err != nil {
		return Fail(nil, err, "OnInstall failed")
	}
	return nil
}

// CheckTrust runs Trust on the executable.
func (s *Spec) CheckTrust() error {
	if s.Trust == nil {
		return nil
	}
	return s.Trust(s.Executable)
}

// A Change is one change made by Install, as a human-readable line.
type Change = string

// A Backend registers services with a manager and controls them. Errors that have a kind or a hint
// are of type *Error.
type Backend interface {
	// Install registers the service or brings its registration up to date. If it fails, it undoes
	// its changes.
	Install(context.Context, *Spec) ([]Change, error)
	Uninstall(context.Context, *Spec) error
	// Start returns when the service is ready, Stop when it has stopped.
	Start(context.Context, *Spec) error
	Stop(context.Context, *Spec) error
	// Restart also starts a stopped service. It also restarts the running services that depend on
	// it.
	Restart(context.Context, *Spec) error
	Status(context.Context, *Spec) (Status, error)

	// Logs writes the service's output.
	Logs(context.Context, *Spec, io.Writer) error
	// Watch returns a function that returns the service's output since the call of Watch.
	Watch(context.Context, *Spec) (written func() string)
	// Program returns the path of the registered program, or ErrForeign.
	Program(context.Context, *Spec) (string, error)
	// Kill kills a service that Stop could not stop.
	Kill(context.Context, *Spec) error
}

// StopMargin is the time that managers wait after StopTimeout before they kill a service, so that a
// hung service can write its stacks.
const StopMargin = 5 * time.Second

// Manager is the kind of program that started a process.
type Manager uint8

// The managers, in the order of package svcx.
const (
	Console Manager = iota
	SCM
	Systemd
	Launchd
	OpenRC
)

// StartType determines when a service is started.
type StartType uint8

// The start types, in the order of package svcx.
const (
	Automatic StartType = iota
	DelayedAutomatic
	Manual
	Disabled
)

func (t StartType) String() string {
	names := [...]string{"automatic", "delayed-automatic", "manual", "disabled"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("StartType(%d)", uint8(t))
}

// AtBoot reports whether the service is started automatically.
func (t StartType) AtBoot() bool { return t == Automatic || t == DelayedAutomatic }

// SIDType determines whether a Windows service has its own SID.
type SIDType uint8

// The SID types, in the order of package svcx.
const (
	SIDNone SIDType = iota
	SIDUnrestricted
	SIDRestricted
)

func (t SIDType) String() string {
	names := [...]string{"none", "unrestricted", "restricted"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("SIDType(%d)", uint8(t))
}

// State is the state of a service. The values are those of Windows.
type State uint8

// The states, with the values of SERVICE_STATUS.
const (
	Stopped State = 1 + iota
	StartPending
	StopPending
	Running
	ContinuePending
	PausePending
	Paused
)

func (s State) String() string {
	names := [...]string{"unknown", "stopped", "start-pending", "stop-pending", "running", "continue-pending", "pause-pending", "paused"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Status is the status of a service as known to its manager.
type Status struct {
	State    State
	PID      int
	ExitCode int
	Start    StartType
}
