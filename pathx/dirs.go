package pathx

import (
	"errors"
	"fmt"
	"strings"
)

// Dirs are the directories in which one app keeps its files for one account. DirsOf and MachineDirs
// neither create nor check them; see [EnsureDir].
type Dirs struct {
	Config string // what people edit
	Data   string // what the app needs and can't make again
	State  string // what should outlive a restart: history, positions, leases
	Cache  string // what may be deleted
	Log    string // log files

	// Runtime holds files that last until the machine or the session restarts, such as sockets and
	// PID files. Only Linux and the BSDs have such a directory; elsewhere, and for a user without a
	// session, it is "".
	Runtime string
	// Credentials is the directory in which systemd passes credentials to this process's unit
	// (LoadCredential= in systemd.exec(5)), or "" if there are none. It belongs to the unit and has
	// no folder for app.
	Credentials string
}

// DirsOf returns the directories of app for the account that runs this process.
//
//	         Windows user             Windows service account   Linux, BSD (XDG)          macOS (~/Library)
//	Config   Roaming AppData\app      ProgramData\app           ~/.config/app             Application Support/app
//	Data     Local AppData\app        ProgramData\app           ~/.local/share/app        Application Support/app
//	State    Local AppData\app\State  ProgramData\app\State     ~/.local/state/app        Application Support/app/State
//	Cache    Local AppData\app\Cache  ProgramData\app\Cache     ~/.cache/app              Caches/app
//	Log      Local AppData\app\Logs   ProgramData\app\Logs      ~/.local/state/log/app    Logs/app
//
//	Runtime                                                             $XDG_RUNTIME_DIR/app
//
// On Linux and the BSDs the variables that systemd sets for a unit come first:
// CONFIGURATION_DIRECTORY, STATE_DIRECTORY (for State and Data), CACHE_DIRECTORY, LOGS_DIRECTORY
// and RUNTIME_DIRECTORY. The XDG variables come next. If a systemd variable lists several
// directories, DirsOf uses the one named after the app, or else the first. On macOS an XDG variable
// is used if it is set. On all of these systems an account without a home directory, such as that
// of a system service, gets the machine's directories: see [MachineDirs].
//
// A service account is LocalSystem (S-1-5-18), LocalService (S-1-5-19), NetworkService (S-1-5-20)
// or a virtual account (NT SERVICE\name).
//
// The error matches [ErrName] if app is not a valid folder name. If a variable holds a relative
// path, which the XDG Base Directory Specification declares invalid, DirsOf returns an error that
// says so, together with complete Dirs that use the default instead.
func DirsOf(app string) (Dirs, error) {
	if err := CheckName(app); err != nil {
		return Dirs{}, fmt.Errorf("pathx: DirsOf: %w", err)
	}
	return dirsOf(app)
}

// MachineDirs returns the directories of app for a system service on this machine. The result does
// not depend on the caller's account or environment: an installer gets the directories that
// [DirsOf] returns in the service, not those of the installing account.
//
//	         Windows                Linux, OpenBSD    FreeBSD                 macOS
//	Config   ProgramData\app        /etc/app          /usr/local/etc/app      /Library/Application Support/app
//	Data     ProgramData\app        /var/lib/app      /var/lib/app            /Library/Application Support/app
//	State    ProgramData\app\State  /var/lib/app      /var/lib/app            /Library/Application Support/app/State
//	Cache    ProgramData\app\Cache  /var/cache/app    /var/cache/app          /Library/Caches/app
//	Log      ProgramData\app\Logs   /var/log/app      /var/log/app            /Library/Logs/app
//	Runtime                         /run/app          /var/run/app
//
// A service that has a home directory, or whose systemd unit names other directories, uses
// different ones: give it a unit with ConfigurationDirectory= and its siblings. Create the
// directories with [EnsureDirFor]. The error matches [ErrName] if app is not a valid folder name.
// On Windows it may also be an error from the registry.
func MachineDirs(app string) (Dirs, error) {
	if err := CheckName(app); err != nil {
		return Dirs{}, fmt.Errorf("pathx: MachineDirs: %w", err)
	}
	return machineDirs(app)
}

// A configDir is a directory that is searched for configuration files.
type configDir struct {
	source Source
	path   string
	own    bool   // the app's own directory, rather than one with a folder per app
	err    error  // why it isn't used
	hint   string // likewise
}

// folders are the known folders of an account on Windows.
type folders struct {
	roaming, local string
	userErr        error
	programData    string
	machineErr     error
	service        string // the service account's name, if it is one
}

func (f folders) configDirs(visit func(configDir)) {
	switch {
	case f.service != "":
		visit(configDir{source: FromUser, err: ErrSkipped, hint: "the service account " + f.service +
			" has no user places: a service does not see what a user installs for that user alone; use the system's place"})
	case errors.Is(f.userErr, errNoProfile):
		visit(configDir{source: FromUser, err: ErrSkipped, hint: f.userErr.Error() + "; is USERPROFILE set?"})
	case f.userErr != nil:
		visit(configDir{source: FromUser, err: f.userErr})
	default:
		visit(configDir{source: FromUser, path: f.roaming})
		visit(configDir{source: FromUser, path: f.local})
	}
	visit(configDir{source: FromSystem, path: f.programData, err: f.machineErr})
}

func (f folders) dirs(app string) (Dirs, error) {
	config, local := f.roaming, f.local
	err := f.userErr
	if f.service != "" {
		config, local, err = f.programData, f.programData, f.machineErr
	}
	if err != nil {
		return Dirs{}, err
	}
	return windowsDirs(config, local, app), nil
}

func (f folders) machineDirs(app string) (Dirs, error) {
	if f.machineErr != nil {
		return Dirs{}, f.machineErr
	}
	return windowsDirs(f.programData, f.programData, app), nil
}

func windowsDirs(config, local, app string) Dirs {
	local += `\` + app
	return Dirs{Config: config + `\` + app, Data: local, State: local + `\State`, Cache: local + `\Cache`, Log: local + `\Logs`}
}

// withProfile replaces a %USERPROFILE% at the start of a folder, if the profile is known.
func withProfile(folder, profile string) string {
	const variable = "%USERPROFILE%"
	if profile != "" && len(folder) >= len(variable) && strings.EqualFold(folder[:len(variable)], variable) {
		return strings.TrimRight(profile, `\`) + folder[len(variable):]
	}
	return folder
}

// errNoProfile is returned if the variables in an account's folder names can't be resolved.
var errNoProfile = errors.New("the account's profile directory is unknown")
