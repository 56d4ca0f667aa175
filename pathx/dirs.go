package pathx

import "fmt"

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
