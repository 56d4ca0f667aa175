package svcx

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// Service is a program as its service manager sees it. Name and Main are all
// that [Service.Run] needs; most other fields are for [Service.Install]. Don't
// change one while a method runs.
type Service struct {
	// Name is the service's name for commands: letters, digits, '.', '_' and
	// '-' are valid everywhere.
	Name string
	// DisplayName is the name for people; default Name.
	DisplayName string
	Description string

	// Main is the service. It works until its context is cancelled or it fails.
	Main func(context.Context) error

	// Executable is the program; default this one. Dir is its working
	// directory; default the executable's.
	Executable, Dir string
	// Args are the program's arguments, Env its additional variables. A newline
	// or NUL in one is an error, as is a %name% in the executable or an
	// argument: Windows would expand it.
	Args []string
	Env  map[string]string

	// Account runs the service; default LocalSystem or root. On Windows
	// "LocalService", "NetworkService", a virtual account `NT SERVICE\name`, a
	// group managed one `DOMAIN\name$`, `DOMAIN\name`, or a local user's bare
	// name; only users need the Password, and get the right to log on as a
	// service. Elsewhere a user's name.
	Account, Password string
	// DependsOn names services that must run first; on Windows "+group" is a
	// load-order group. systemd: Requires= and After=. launchd has no such thing.
	DependsOn []string
	StartType StartType

	// RestartDelays is how long to wait before each restart after a failure; the last
	// one holds for all later failures. Nil: 1 s, 5 s, 30 s. Empty: never.
	// systemd and launchd use the first one only.
	RestartDelays []time.Duration
	// RestartReset is after how long without failure Windows starts to count
	// anew; default 24 h.
	RestartReset time.Duration
	// StopTimeout is how long Main may take to return; default 20 s.
	StopTimeout time.Duration
	// Watchdog, if set, is how often Main must call Alive once it is ready. A
	// Main that does not is taken for hung: the stacks are written and the
	// process fails. systemd ends it by SIGABRT; a console has no watchdog.
	Watchdog time.Duration

	// User makes it a service of the user who installs it: systemctl --user, a
	// launchd agent. Windows has no such services.
	User bool

	// Accept says which [Events] Main listens to.
	Accept Accepts

	// SID gives a Windows service a SID of its own, for access lists.
	SID SIDType
	// Privileges, if set, are all that Windows leaves to the service
	// ("SeChangeNotifyPrivilege", …).
	Privileges []string

	// LogDir is where a service's output.log and crash.log lie. Default:
	// %ProgramData%\Name on Windows, LOGS_DIRECTORY under systemd, which keeps
	// standard output itself, ~/Library/Logs/Name or /Library/Logs/Name on
	// macOS. Console programs have none. On Windows, Install makes it for
	// administrators and the service's account alone, and refuses one that
	// belongs to another account or that another may write to.
	LogDir string

	// Flags are the program's own flags, for [Main] and for arguments given at
	// the start of a Windows service; nil: [flag.CommandLine].
	Flags *flag.FlagSet

	// OnInstall runs at the end of Install, OnUninstall at the start of
	// Uninstall; both may be nil. It is the place for an event source.
	// OnInstall's error undoes the installation, OnUninstall's ends Uninstall.
	OnInstall, OnUninstall func(ctx context.Context) error
	// OnCrash, if set, gets what the runtime wrote to crash.log when an earlier
	// run of the service crashed or hung. It runs before Main, in its goroutine.
	OnCrash func(ctx context.Context, report []byte)
	// Logs writes the service's log for Main's command logs; nil: it says that
	// there is none.
	Logs func(ctx context.Context, w io.Writer) error
}

// StartType is when a service is started.
type StartType uint8

const (
	Automatic        StartType = iota // when the system starts
	DelayedAutomatic                  // two minutes later (Windows; elsewhere Automatic)
	Manual                            // on demand
	Disabled                          // never
)

func (t StartType) String() string {
	switch t {
	case Automatic:
		return "automatic"
	case DelayedAutomatic:
		return "delayed-automatic"
	case Manual:
		return "manual"
	case Disabled:
		return "disabled"
	}
	return fmt.Sprintf("StartType(%d)", uint8(t))
}

// SIDType says whether a Windows service has a SID of its own.
type SIDType uint8

const (
	SIDNone         SIDType = iota
	SIDUnrestricted         // its SID is in its token
	SIDRestricted           // its token may write only where that SID may
)

func (t SIDType) String() string {
	switch t {
	case SIDNone:
		return "none"
	case SIDUnrestricted:
		return "unrestricted"
	case SIDRestricted:
		return "restricted"
	}
	return fmt.Sprintf("SIDType(%d)", uint8(t))
}

// State is what a service does. The numbers are Windows' own; 0 is none of them.
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

func (s State) String() string {
	names := [...]string{"unknown", "stopped", "start-pending", "stop-pending", "running", "continue-pending", "pause-pending", "paused"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Status is what a manager knows of a service.
type Status struct {
	State State
	PID   int // 0: no process
	// ExitCode is how the last run ended: Main's exit code, or the number of a
	// Windows error (1460: it did not stop in time, 1067: it crashed).
	ExitCode int
	Start    StartType
}

const defaultStopTimeout = 20 * time.Second

func (s *Service) stopTimeout() time.Duration {
	if s.StopTimeout > 0 {
		return s.StopTimeout
	}
	return defaultStopTimeout
}

// check returns what keeps the service from being run.
func (s *Service) check() error {
	if s.Main == nil {
		return fmt.Errorf("svcx: service %s has nothing to run: set Service.Main", s.Name)
	}
	return s.checkName()
}

func (s *Service) checkName() error {
	const most = 200 // 256 in Windows' registry, 255 with its suffix as a unit's file
	switch {
	case s.Name == "":
		return errors.New("svcx: the service has no name: set Service.Name")
	case strings.ContainsAny(s.Name, "/\\\x00\n\r"):
		return fmt.Errorf("svcx: service name %q: slashes and line breaks are not allowed", s.Name)
	case len(s.Name) > most:
		return fmt.Errorf("svcx: service name %.20q…: it is longer than %d bytes", s.Name, most)
	}
	return nil
}
