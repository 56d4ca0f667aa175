package pathx

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A unixEnv holds everything that the places depend on outside Windows.
type unixEnv struct {
	goos   string
	getenv func(string) string
}

// home returns the account's home directory without a trailing slash.
func (e unixEnv) home() (home string, ok bool) {
	home = e.getenv("HOME")
	return strings.TrimRight(home, "/"), path.IsAbs(home)
}

func (e unixEnv) isDarwin() bool { return e.goos == "darwin" || e.goos == "ios" }

// xdg returns the variable's path. If it isn't set or not absolute, xdg returns the path below in
// the home directory, or "" without a home directory.
func (e unixEnv) xdg(name, below string) (string, error) {
	value := e.getenv(name)
	if path.IsAbs(value) {
		return clean(value), nil
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

// systemd returns the directory that the unit sets for app, or "".
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
			return clean(dir), nil
		case first == "":
			first = clean(dir)
		}
	}
	return first, nil
}

// clean is like path.Clean for an absolute path, but takes a third of the time for paths that are
// already clean, as nearly all are.
func clean(dir string) string {
	for i := 1; i < len(dir); i++ {
		if dir[i-1] == '/' && (dir[i] == '/' || dir[i] == '.') {
			return path.Clean(dir)
		}
	}
	if len(dir) > 1 {
		return strings.TrimSuffix(dir, "/")
	}
	return dir
}

// hasLocalEtc reports whether the system keeps the configuration of packages outside the base
// system in /usr/local/etc; see hier(7).
func (e unixEnv) hasLocalEtc() bool { return e.goos == "freebsd" || e.goos == "dragonfly" }

// configDirs visits the configuration directories in search order.
func (e unixEnv) configDirs(app string, visit func(configDir)) {
	if e.isDarwin() {
		e.xdgOfDarwin(visit)
		if home, ok := e.home(); ok {
			visit(configDir{source: FromUser, path: home + "/Library/Application Support"})
		} else {
			visit(noHome())
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
		visit(noHome())
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

// xdgOfDarwin visits $XDG_CONFIG_HOME, which some people set on macOS too.
func (e unixEnv) xdgOfDarwin(visit func(configDir)) {
	switch value := e.getenv("XDG_CONFIG_HOME"); {
	case path.IsAbs(value):
		visit(configDir{source: FromUser, path: clean(value)})
	case value != "":
		visit(skippedVariable(FromUser, &relativeError{"XDG_CONFIG_HOME", value}))
	}
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
			visit(configDir{source: FromSystem, path: clean(dir)})
		default:
			visit(skippedVariable(FromSystem, &relativeError{name, dir}))
		}
	}
}

func noHome() configDir {
	return configDir{source: FromUser, err: ErrSkipped, hint: "HOME is not set to an absolute path: this account has no user places"}
}

func skippedVariable(src Source, err error) configDir {
	d := configDir{source: src, err: ErrSkipped, hint: err.Error()}
	var rel *relativeError
	if errors.As(err, &rel) {
		d.path, d.hint = rel.value, rel.name+" must be an absolute path; it is ignored"
	}
	return d
}

// A relativeError reports that a variable's path is ignored because it is relative.
type relativeError struct{ name, value string }

func (e *relativeError) Error() string {
	return fmt.Sprintf("pathx: %s=%q is ignored: it must be an absolute path", e.name, e.value)
}

// dirs returns the directories of DirsOf.
func (e unixEnv) dirs(app string) (Dirs, error) {
	var errs []error
	report := func(err error) {
		if err != nil && !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
			errs = append(errs, err)
		}
	}
	machine := e.machineDirs(app)
	user := machine // without a home directory
	if home, ok := e.home(); ok {
		user = e.userDirs(home, app)
	}
	// pick returns systemd's directory, or else the one below the XDG base, or else the account's.
	pick := func(systemd, xdg, below, other string) string {
		if !e.isDarwin() {
			dir, err := e.systemd(systemd, app)
			report(err)
			if dir != "" {
				return dir
			}
		}
		value := e.getenv(xdg)
		switch {
		case path.IsAbs(value):
			return clean(value) + below + "/" + app
		case value != "":
			report(&relativeError{xdg, value})
		}
		return other
	}
	d := Dirs{
		Config: pick("CONFIGURATION_DIRECTORY", "XDG_CONFIG_HOME", "", user.Config),
		Data:   pick("STATE_DIRECTORY", "XDG_DATA_HOME", "", user.Data),
		State:  pick("STATE_DIRECTORY", "XDG_STATE_HOME", "", user.State),
		Cache:  pick("CACHE_DIRECTORY", "XDG_CACHE_HOME", "", user.Cache),
		Log:    pick("LOGS_DIRECTORY", "XDG_STATE_HOME", "/log", user.Log), // like LogsDirectory= in a user's unit
	}
	if !e.isDarwin() {
		d.Runtime = pick("RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", "", user.Runtime)
		if dir := e.getenv("CREDENTIALS_DIRECTORY"); path.IsAbs(dir) {
			d.Credentials = clean(dir)
		}
	}
	return d, errors.Join(errs...)
}

// userDirs returns the directories of an account with a home directory if no variable is set.
func (e unixEnv) userDirs(home, app string) Dirs {
	if e.isDarwin() {
		return libraryDirs(home+"/Library", app)
	}
	return Dirs{
		Config: home + "/.config/" + app,
		Data:   home + "/.local/share/" + app,
		State:  home + "/.local/state/" + app,
		Cache:  home + "/.cache/" + app,
		Log:    home + "/.local/state/log/" + app,
	}
}

// machineDirs returns the directories of MachineDirs.
func (e unixEnv) machineDirs(app string) Dirs {
	if e.isDarwin() {
		return libraryDirs("/Library", app)
	}
	etc, run := "/etc/", "/run/"
	if e.hasLocalEtc() {
		etc = "/usr/local/etc/"
	}
	if e.goos != "linux" {
		run = "/var/run/"
	}
	return Dirs{
		Config:  etc + app,
		Data:    "/var/lib/" + app,
		State:   "/var/lib/" + app,
		Cache:   "/var/cache/" + app,
		Log:     "/var/log/" + app,
		Runtime: run + app,
	}
}

func libraryDirs(library, app string) Dirs {
	support := library + "/Application Support/" + app
	return Dirs{Config: support, Data: support, State: support + "/State", Cache: library + "/Caches/" + app, Log: library + "/Logs/" + app}
}
