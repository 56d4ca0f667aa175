package pathx

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Dirs are the directories in which one app keeps its files for one account. None
// of them is made or looked at; see [EnsureDir].
type Dirs struct {
	Config string // what people edit
	Data   string // what the app needs and can't make anew
	State  string // what should outlive a restart: history, positions, leases
	Cache  string // what may be deleted
	Log    string // log files
}

// DirsOf returns the directories of app for the account that this process runs
// under.
//
//	         Windows user             Windows service account   Linux, BSD (XDG)          macOS (~/Library)
//	Config   Roaming AppData\app      ProgramData\app           ~/.config/app             Application Support/app
//	Data     Local AppData\app        ProgramData\app           ~/.local/share/app        Application Support/app
//	State    Local AppData\app\State  ProgramData\app\State     ~/.local/state/app        Application Support/app/State
//	Cache    Local AppData\app\Cache  ProgramData\app\Cache     ~/.cache/app              Caches/app
//	Log      Local AppData\app\Logs   ProgramData\app\Logs      ~/.local/state/log/app    Logs/app
//
// On Linux and the BSDs the XDG variables rule, and before them what systemd gives a
// unit: CONFIGURATION_DIRECTORY, STATE_DIRECTORY (for State and Data),
// CACHE_DIRECTORY, LOGS_DIRECTORY. Of several directories in such a variable, the one
// named for the app counts, else the first. On these systems and macOS, an account
// without a home directory, as system services have, gets the machine's places:
// /etc/app, /var/lib/app, /var/cache/app, /var/log/app, or those in /Library.
//
// A service account is LocalSystem (S-1-5-18), LocalService (S-1-5-19),
// NetworkService (S-1-5-20) or a virtual account (NT SERVICE\name).
//
// The error is an [ErrName] if app isn't a good name for a folder. If a variable
// holds a relative path, which the XDG Base Directory Specification makes invalid,
// the error says so and Dirs is complete nevertheless, with the default in its place.
func DirsOf(app string) (Dirs, error) {
	if err := CheckName(app); err != nil {
		return Dirs{}, fmt.Errorf("pathx: DirsOf: %w", err)
	}
	return dirsOf(app)
}

// A configDir is a directory of the search for configurations.
type configDir struct {
	source Source
	path   string
	own    bool   // the app's own directory; else one with a folder for each app
	err    error  // why it isn't used
	hint   string // likewise
}

// A relativeError says that a variable's path is ignored because it is relative.
type relativeError struct{ name, value string }

func (e *relativeError) Error() string {
	return fmt.Sprintf("pathx: %s=%q is ignored: it must be an absolute path", e.name, e.value)
}

// A unixEnv is what places depend on outside Windows.
type unixEnv struct {
	goos   string
	getenv func(string) string
}

// home is the account's home directory without a slash at its end.
func (e unixEnv) home() (home string, ok bool) {
	home = e.getenv("HOME")
	return strings.TrimRight(home, "/"), path.IsAbs(home)
}

func (e unixEnv) isDarwin() bool { return e.goos == "darwin" || e.goos == "ios" }

// xdg returns the variable's path. If it isn't set or not absolute, it is below in
// the home directory, or nothing if there is none.
func (e unixEnv) xdg(name, below string) (string, error) {
	value := e.getenv(name)
	if path.IsAbs(value) {
		return path.Clean(value), nil
	}
	var err error
	if value != "" {
		err = &relativeError{name, value}
	}
	if home, ok := e.home(); ok {
		return home + below, err
	}
	return "", err
}

// systemd returns the directory that the unit sets for app, or nothing.
func (e unixEnv) systemd(name, app string) (string, error) {
	value := e.getenv(name)
	if value == "" {
		return "", nil
	}
	first := ""
	for dir := range strings.SplitSeq(value, ":") {
		switch {
		case !path.IsAbs(dir):
			return "", &relativeError{name, value}
		case path.Base(dir) == app:
			return path.Clean(dir), nil
		case first == "":
			first = path.Clean(dir)
		}
	}
	return first, nil
}

// configDirs visits the places of configurations in the order of the search.
func (e unixEnv) configDirs(app string, visit func(configDir)) {
	if e.isDarwin() {
		if home, ok := e.home(); ok {
			visit(configDir{source: FromUser, path: home + "/Library/Application Support"})
		} else {
			visit(noHome)
		}
		visit(configDir{source: FromSystem, path: "/Library/Application Support"})
		return
	}

	dir, err := e.xdg("XDG_CONFIG_HOME", "/.config")
	if err != nil {
		visit(skippedVariable(FromUser, err))
	}
	if dir != "" {
		visit(configDir{source: FromUser, path: dir})
	} else {
		visit(noHome)
	}

	dir, err = e.systemd("CONFIGURATION_DIRECTORY", app)
	if err != nil {
		visit(skippedVariable(FromSystem, err))
	} else if dir != "" {
		visit(configDir{source: FromSystem, path: dir, own: true})
	}
	e.xdgConfigDirs(visit)
	if e.hasLocalEtc() {
		visit(configDir{source: FromSystem, path: "/usr/local/etc"})
	}
	visit(configDir{source: FromSystem, path: "/etc"})
}

func (e unixEnv) xdgConfigDirs(visit func(configDir)) {
	const name = "XDG_CONFIG_DIRS"
	dirs := e.getenv(name)
	if dirs == "" {
		dirs = "/etc/xdg"
		if e.hasLocalEtc() {
			dirs = "/usr/local/etc/xdg"
		}
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		switch {
		case dir == "": // a stray colon
		case path.IsAbs(dir):
			visit(configDir{source: FromSystem, path: path.Clean(dir)})
		default:
			visit(skippedVariable(FromSystem, &relativeError{name, dir}))
		}
	}
}

// hasLocalEtc: hier(7) puts what is no part of the base system there.
func (e unixEnv) hasLocalEtc() bool { return e.goos == "freebsd" || e.goos == "dragonfly" }

var noHome = configDir{source: FromUser, err: ErrSkipped, hint: "HOME is not set to an absolute path: this account has no user places"}

func skippedVariable(src Source, err error) configDir {
	d := configDir{source: src, err: ErrSkipped, hint: err.Error()}
	var rel *relativeError
	if errors.As(err, &rel) {
		d.path, d.hint = rel.value, rel.name+" must be an absolute path; it is ignored"
	}
	return d
}

// dirs are those of DirsOf.
func (e unixEnv) dirs(app string) (Dirs, error) {
	if e.isDarwin() {
		home, _ := e.home() // without one, the machine's: /Library
		support := home + "/Library/Application Support/" + app
		return Dirs{support, support, support + "/State", home + "/Library/Caches/" + app, home + "/Library/Logs/" + app}, nil
	}
	var errs []error
	report := func(err error) {
		if err != nil && !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	// pick returns systemd's directory, else one below the XDG base, else the machine's.
	pick := func(systemd, xdg, homeDir, below, machine string) string {
		dir, err := e.systemd(systemd, app)
		report(err)
		if dir != "" {
			return dir
		}
		dir, err = e.xdg(xdg, homeDir)
		report(err)
		if dir != "" {
			return dir + below + "/" + app
		}
		return machine + "/" + app
	}
	etc := "/etc"
	if e.hasLocalEtc() {
		etc = "/usr/local/etc"
	}
	d := Dirs{
		Config: pick("CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME", "/.config", "", etc),
		Data:   pick("STATE_DIRECTORY", "XDG_DATA_HOME", "/.local/share", "", "/var/lib"),
		State:  pick("STATE_DIRECTORY", "XDG_STATE_HOME", "/.local/state", "", "/var/lib"),
		Cache:  pick("CACHE_DIRECTORY", "XDG_CACHE_HOME", "/.cache", "", "/var/cache"),
		Log:    pick("LOGS_DIRECTORY", "XDG_STATE_HOME", "/.local/state", "/log", "/var/log"), // as LogsDirectory= in a user's unit
	}
	return d, errors.Join(errs...)
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
			" has no user places: what a person installs for himself, a service does not see; use the system's place"})
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
	local += `\` + app
	return Dirs{config + `\` + app, local, local + `\State`, local + `\Cache`, local + `\Logs`}, nil
}
