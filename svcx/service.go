package svcx

import (
	"cmp"
	"context"
	"flag"
	"io"
	"runtime"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// Service is a program as its service manager sees it. Name and Main are all that [Service.Run]
// needs; most other fields are for [Service.Install]. Don't change one while a method runs.
type Service struct {
	// Name is the service's name for commands: letters, digits, '.', '_' and '-' are valid
	// everywhere.
	Name string
	// DisplayName is the name for people; default Name.
	DisplayName string
	Description string

	// Main is the service. It works until its context is cancelled or it fails.
	Main func(context.Context) error

	// Executable is the program; default this one. Dir is its working directory; default the
	// executable's.
	Executable, Dir string
	// Args are the program's arguments, Env its additional variables. A newline or NUL in one is an
	// error. So is, for the SCM, a %name% in the executable or an argument: Windows would expand
	// it. An argument that names a file by a relative path is an error of Install: the service runs
	// in another directory.
	Args []string
	Env  map[string]string

	// Account runs the service; default LocalSystem or root. On Windows "LocalService",
	// "NetworkService", a virtual account `NT SERVICE\name`, a group managed one `DOMAIN\name$`,
	// `DOMAIN\name`, or a local user's bare name; only users need the Password, and get the right
	// to log on as a service. Elsewhere a user's name.
	Account, Password string
	// DependsOn names services that must run first; on Windows "+group" is a load-order group.
	// systemd: Requires= and After=. launchd has no such thing.
	DependsOn []string
	StartType StartType

	// RestartDelays is how long to wait before each restart after a failure; the last one holds for
	// all later failures. Nil: 1 s, 5 s, 30 s. Empty: never. The other managers than Windows' use
	// the first one only.
	RestartDelays []time.Duration
	// RestartReset is after how long without failure Windows counts from the first delay again;
	// default 24 h.
	RestartReset time.Duration
	// StartTimeout is how long Main may take until it is ready. Then the stacks are written, the
	// manager is told, and the process exits with code 124. 0 is no limit, but for those that a
	// manager has: systemd ends a start after 90 s in which Main has not called Progress.
	StartTimeout time.Duration
	// StopTimeout is how long Main may take to return; default 20 s.
	StopTimeout time.Duration
	// Watchdog, if set, is how often Main must call Alive once it is ready. Otherwise the service
	// is considered hung: all goroutine stacks are dumped and the process exits with an error
	// (systemd sends SIGABRT). There is no watchdog when running on a console.
	Watchdog time.Duration

	// User makes it a service of the user who installs it: systemctl --user, a launchd agent.
	// Windows has no such services.
	User bool

	// Accept is the set of [Events] that Main listens to.
	Accept Accepts

	// Windows has the settings that only the SCM knows; nil: none of them.
	Windows *WindowsOptions
	// Unit are further lines for the section [Service] of a systemd unit ("MemoryMax=1G"). Drop-ins
	// in NAME.service.d also work, and stay when Install rewrites the unit.
	Unit []string

	// Force lets Install and Uninstall change another program's registration under the service's
	// name; without it that is [ErrForeign].
	Force bool

	// LogDir is where a service's output.log and crash.log lie. Default: %ProgramData%\Name on
	// Windows, LOGS_DIRECTORY under systemd, which keeps standard output itself,
	// ~/Library/Logs/Name or /Library/Logs/Name on macOS, /var/log/Name under OpenRC. Console
	// programs have none. On Windows, Install makes it for administrators and the service's account
	// alone, and refuses one that belongs to another account or that another may write to.
	LogDir string

	// Flags are the program's own flags, for [Main] and for arguments given at the start of a
	// Windows service; nil: [flag.CommandLine].
	Flags *flag.FlagSet

	// OnInstall runs at the end of Install, OnUninstall at the start of Uninstall; both may be nil.
	// It is the place for an event source. OnInstall's error undoes the installation, OnUninstall's
	// ends Uninstall.
	OnInstall, OnUninstall func(ctx context.Context) error
	// OnCrash, if set, gets what the runtime wrote to crash.log when an earlier run of the service
	// crashed or hung. It runs before Main, in its goroutine.
	OnCrash func(ctx context.Context, report []byte)
	// Logs writes the service's log for the command logs of Main; nil: the journal of the unit
	// under systemd, else output.log in LogDir.
	Logs func(ctx context.Context, w io.Writer) error
}

// WindowsOptions are settings that only the SCM has.
type WindowsOptions struct {
	// SID gives the service a SID of its own, for access lists.
	SID SIDType
	// Privileges, if set, are all that Windows leaves to the service ("SeChangeNotifyPrivilege",
	// …).
	Privileges []string
}

// SIDType tells whether a Windows service has a SID of its own.
type SIDType uint8

const (
	SIDNone         SIDType = iota
	SIDUnrestricted         // its SID is in its token
	SIDRestricted           // its token may write only where that SID may
)

func (t SIDType) String() string { return spec.SIDType(t).String() }

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
		return spec.Errorf("svcx: service %s has nothing to run: set Service.Main", s.Name)
	}
	return spec.CheckName(s.Name)
}

// allRights reports whether the service runs as root, on systems that have it.
func (s *Service) allRights() bool {
	return !s.User && (s.Account == "" || s.Account == "root" || s.Account == "0")
}

// spec returns the service as it is to be registered, with its defaults.
func (s *Service) spec(exe string) *spec.Spec {
	p := &spec.Spec{
		Name: s.Name, DisplayName: cmp.Or(s.DisplayName, s.Name), Description: s.Description,
		Executable: exe, Dir: s.Dir, Args: s.Args, Env: s.Env,
		Account: s.Account, Password: s.Password, DependsOn: s.DependsOn,
		StartType: spec.StartType(s.StartType), RestartDelays: s.RestartDelays, RestartReset: 24 * time.Hour,
		StopTimeout: s.StopTimeout, StartTimeout: s.StartTimeout, Watchdog: s.Watchdog,
		User: s.User, Reload: s.Accept&AcceptReload != 0, LogDir: s.LogDir, Unit: s.Unit, Force: s.Force,
		AfterInstall: s.OnInstall,
	}
	all := s.allRights()
	if runtime.GOOS == "windows" {
		all = winsvc.HasAllRights(s.Account)
	}
	if all {
		p.Trust = checkTrust
	}
	if s.RestartDelays == nil {
		p.RestartDelays = []time.Duration{time.Second, 5 * time.Second, 30 * time.Second}
	}
	if s.RestartReset > 0 {
		p.RestartReset = s.RestartReset
	}
	if s.StopTimeout == 0 {
		p.StopTimeout = defaultStopTimeout
	}
	if s.Windows != nil {
		p.SID, p.Privileges = spec.SIDType(s.Windows.SID), s.Windows.Privileges
	}
	return p
}
