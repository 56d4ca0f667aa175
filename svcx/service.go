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

// Service describes a program to its service manager. [Service.Run] needs only Name and Main; most
// other fields are for [Service.Install]. Don't change a Service while one of its methods runs.
type Service struct {
	// Name is the service's name as used in commands. Letters, digits, '.', '_' and '-' are valid
	// on every system.
	Name string
	// DisplayName is the name shown to users; default Name.
	DisplayName string
	Description string

	// Main runs the service until its context is cancelled or an error occurs.
	Main func(context.Context) error

	// Executable is the path of the program; default the running program. Dir is its working
	// directory; default the executable's directory.
	Executable, Dir string
	// Args are the program's arguments, Env its additional environment variables. They must not
	// contain a newline or NUL. For the SCM, the executable and the arguments must not contain
	// %name% either, because Windows would expand it. Install returns an error for an argument that
	// names a file by a relative path, because the service runs in another directory.
	Args []string
	Env  map[string]string

	// Account is the account that runs the service; default LocalSystem or root. On Windows it is
	// "LocalService", "NetworkService", a virtual account `NT SERVICE\name`, a group managed
	// service account `DOMAIN\name$`, a domain user `DOMAIN\name`, or the bare name of a local
	// user. Only users need the Password; Install grants them the right to log on as a service. On
	// other systems it is a user name.
	Account, Password string
	// DependsOn names services that must be running before this one starts; on Windows "+group" is
	// a load-order group. For systemd the names become Requires= and After=. launchd does not
	// support dependencies.
	DependsOn []string
	StartType StartType

	// RestartDelays are the delays before each restart after a failure; the last one applies to all
	// later failures. Nil means 1 s, 5 s, 30 s. Empty means no restarts. Managers other than the
	// SCM use only the first one.
	RestartDelays []time.Duration
	// RestartReset is the time without a failure after which Windows starts over with the first
	// delay; default 24 h.
	RestartReset time.Duration
	// StartTimeout is the time that Main has to become ready. After that the stacks are dumped, the
	// failure is reported to the manager, and the process exits with code 124. 0 means no limit
	// other than the manager's: systemd aborts a start after 90 s without a call of Progress.
	StartTimeout time.Duration
	// StopTimeout is the time that Main has to return; default 20 s.
	StopTimeout time.Duration
	// Watchdog, if set, is the maximum interval between Main's calls of Alive once it is ready. If
	// Main fails to call it, the service is considered hung: all goroutine stacks are dumped and
	// the process exits with an error (systemd sends SIGABRT). There is no watchdog when running on
	// a console.
	Watchdog time.Duration

	// User makes the service belong to the installing user: a unit of systemctl --user, or a
	// launchd agent. Windows does not support this.
	User bool

	// Accept is the set of [Events] that Main handles.
	Accept Accepts

	// Windows holds settings that only the SCM has; nil means defaults.
	Windows *WindowsOptions
	// Unit holds additional lines for the [Service] section of a systemd unit ("MemoryMax=1G").
	// Drop-ins in NAME.service.d also work; Install keeps them when it rewrites the unit.
	Unit []string

	// Force allows Install and Uninstall to change another program's registration under the
	// service's name. Without Force they return [ErrForeign].
	Force bool

	// LogDir is the directory of a service's output.log and crash.log. The default is
	// %ProgramData%\Name on Windows, LOGS_DIRECTORY under systemd, which stores standard output
	// itself, ~/Library/Logs/Name or /Library/Logs/Name on macOS, and /var/log/Name under OpenRC.
	// Console programs have no log files. On Windows, Install creates the directory so that only
	// administrators and the service's account can write to it, and rejects an existing directory
	// that another account owns or can write to.
	LogDir string

	// Flags are the program's own flags, for [Main] and for the start arguments of a Windows
	// service; nil means [flag.CommandLine].
	Flags *flag.FlagSet

	// OnInstall runs at the end of Install, OnUninstall at the start of Uninstall; both may be nil.
	// Use them, for instance, to install and remove an event source. If OnInstall returns an error,
	// Install undoes the installation; if OnUninstall returns an error, Uninstall returns it and
	// keeps the service. OnUninstall does not run if Uninstall must not change the registration
	// ([ErrForeign]).
	OnInstall, OnUninstall func(ctx context.Context) error
	// OnCrash, if set, is called with the contents of crash.log, which was written when an earlier
	// run of the service crashed or hung. It runs before Main, in the same goroutine.
	OnCrash func(ctx context.Context, report []byte)
	// Logs writes the service's log to w for the logs command of [Main]. If Logs is nil, the
	// command prints the unit's journal under systemd, and otherwise output.log in LogDir.
	Logs func(ctx context.Context, w io.Writer) error
}

// WindowsOptions are settings that only the SCM has.
type WindowsOptions struct {
	// SID determines whether the service has its own SID, for use in access control lists.
	SID SIDType
	// Privileges, if set, are the only privileges that the service keeps
	// ("SeChangeNotifyPrivilege", …).
	Privileges []string
}

// SIDType determines whether a Windows service has its own SID.
type SIDType uint8

const (
	SIDNone         SIDType = iota
	SIDUnrestricted         // the SID is in the service's token
	SIDRestricted           // the service may write only where its SID may
)

func (t SIDType) String() string { return spec.SIDType(t).String() }

const defaultStopTimeout = 20 * time.Second

func (s *Service) stopTimeout() time.Duration {
	if s.StopTimeout > 0 {
		return s.StopTimeout
	}
	return defaultStopTimeout
}

// check returns an error if the service can't be run.
func (s *Service) check() error {
	if s.Main == nil {
		return spec.Errorf("svcx: service %s has nothing to run: set Service.Main", s.Name)
	}
	return spec.CheckName(s.Name)
}

// allRights reports whether the service runs as root, on systems that have root.
func (s *Service) allRights() bool {
	return !s.User && (s.Account == "" || s.Account == "root" || s.Account == "0")
}

// spec returns the service to register, with defaults filled in.
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
