// Package spec defines what the service managers share: the validated service, the seam between
// them and package svcx, and the errors that they return.
package spec

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Spec is a service as it is to be registered, with its defaults filled in.
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
	Reload                         bool   // it listens to requests to reload
	LogDir                         string // "": the manager's default
	SID                            SIDType
	Privileges                     []string
	Unit                           []string // further lines of a unit

	// Force lets Install and Uninstall change a registration of another program.
	Force bool
	// Trust returns an error if others than administrators could replace a program that will have
	// all rights; nil: nothing is checked.
	Trust func(exe string) error
	// Dependents are the running services that a Restart has found to depend on this one. A later
	// Restart with the same Spec starts them, too, although a failed one has left them stopped.
	Dependents []string
	// AfterInstall is the last step of Install. Its error undoes the others.
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

// A Change is one difference that Install has removed, as a line for people.
type Change = string

// A Backend registers services with a manager and controls them. Its errors are of type *Error
// where it knows their kind or a hint.
type Backend interface {
	// Install registers the service or brings its registration up to date. When it fails, it undoes
	// what it did.
	Install(context.Context, *Spec) ([]Change, error)
	Uninstall(context.Context, *Spec) error
	// Start returns when the service is ready, Stop when it has stopped.
	Start(context.Context, *Spec) error
	Stop(context.Context, *Spec) error
	// Restart also starts a stopped service. Services that depend on it and were running run again
	// afterwards.
	Restart(context.Context, *Spec) error
	Status(context.Context, *Spec) (Status, error)

	// Logs writes the service's output.
	Logs(context.Context, *Spec, io.Writer) error
	// Watch returns a function that returns what the service has written since.
	Watch(context.Context, *Spec) (written func() string)
	// Program returns the path of the registered program, or ErrForeign.
	Program(context.Context, *Spec) (string, error)
	// Kill ends a service that Stop could not.
	Kill(context.Context, *Spec) error
}

// StopMargin is what a manager gets above StopTimeout before it kills: time for a service that
// hangs to write its stacks.
const StopMargin = 5 * time.Second

// Manager is what starts a process.
type Manager uint8

// The managers, in the order of package svcx.
const (
	Console Manager = iota
	SCM
	Systemd
	Launchd
	OpenRC
)

// StartType is when a service is started.
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

// AtBoot reports whether a service of that type starts by itself.
func (t StartType) AtBoot() bool { return t == Automatic || t == DelayedAutomatic }

// SIDType tells whether a Windows service has a SID of its own.
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

// State is what a service does. The numbers are those of Windows.
type State uint8

// The states, with the numbers of SERVICE_STATUS.
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

// Status is what a manager knows of a service.
type Status struct {
	State    State
	PID      int
	ExitCode int
	Start    StartType
}
