package pathx

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

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

// hasLocalEtc: hier(7) puts what is no part of the base system there.
func (e unixEnv) hasLocalEtc() bool { return e.goos == "freebsd" || e.goos == "dragonfly" }

// configDirs visits the places of configurations in the order of the search.
func (e unixEnv) configDirs(app string, visit func(configDir)) {
	if e.isDarwin() {
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

// A relativeError says that a variable's path is ignored because it is relative.
type relativeError struct{ name, value string }

func (e *relativeError) Error() string {
	return fmt.Sprintf("pathx: %s=%q is ignored: it must be an absolute path", e.name, e.value)
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
