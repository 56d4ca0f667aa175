package svcx

import "github.com/surefoot-go/surefoot/svcx/internal/spec"

// StartType determines when a service is started.
type StartType uint8

const (
	Automatic        StartType = iota // when the system starts
	DelayedAutomatic                  // two minutes later (Windows; elsewhere like Automatic)
	Manual                            // on demand
	Disabled                          // never
)

func (t StartType) String() string { return spec.StartType(t).String() }

// State is the state of a service. The values are those of Windows; 0 is not a state.
type State uint8

const (
	Stopped State = 1 + iota
	StartPending
	StopPending
	Running
	ContinuePending
	PausePending
	Paused
)

func (s State) String() string { return spec.State(s).String() }

// Status is the status of a service as known to its manager.
type Status struct {
	State State
	PID   int // 0 if there is no process
	// ExitCode is the result of the last run: Main's exit code, or a Windows error number (1460: it
	// did not stop in time; 1067: it crashed).
	ExitCode int
	Start    StartType
}
