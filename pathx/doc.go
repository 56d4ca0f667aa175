// Package pathx finds a service's configuration file, whatever account runs the service and in
// whatever directory, and reads and writes it safely.
//
// A program that reads "config.json" works in a developer's terminal but not as a service: a
// Windows service starts in System32, a systemd unit in /, and both run under accounts whose home
// directory is empty. Search helpers make that worse when they skip a file that they can't read and
// silently load another one. This package searches in a fixed order, stops with an error at a file
// that it can't use, and always reports which file it took and where it looked:
//
//	f, err := pathx.Finder{App: "orders", Flag: *config, EnvVar: "ORDERS_CONFIG"}.Open()
//	if err != nil {
//		return err // names every place, what was there, and what to do
//	}
//	defer f.Close()
//	err = json.NewDecoder(pathx.NewTextReader(f)).Decode(&cfg)
//
// # Where it looks
//
//	place        Windows                      Linux, BSD                             macOS
//	flag         Finder.Flag                  the same                               the same
//	variable     Finder.EnvVar                the same                               the same
//	executable   beside the .exe              beside the binary, as launched and     the same
//	                                          with links resolved
//	user         Roaming and Local AppData    $XDG_CONFIG_HOME or ~/.config          ~/Library/Application Support
//	system       ProgramData                  $CONFIGURATION_DIRECTORY,              /Library/Application Support
//	                                          $XDG_CONFIG_DIRS or /etc/xdg, /etc
//	work         the working directory, and only if Finder.WorkDir asks for it
//
// User and system files are in a folder named after the app. A flag or variable is binding: if one
// is set, no other place is searched.
//
// # Trust
//
// A privileged process (root, SYSTEM, a service or an elevated process) uses a file only if no less
// privileged account can change it; see [Trust].
//
// # Windows
//
// Folders are read from the registry, so that shell32.dll and user32.dll are not loaded. The
// service accounts LocalSystem, LocalService and NetworkService, and the virtual accounts of
// services, have no user directories, because an installer writes to a different profile. HOMEDRIVE
// and HOMEPATH are ignored because they may name a network drive. Paths may be longer than 260
// characters. Reserved names are rejected before they are opened: a configuration file named COM1
// would be a serial port.
//
// # Linux and the BSDs
//
// Directories follow the XDG Base Directory Specification, or systemd's variables where a unit sets
// them (ConfigurationDirectory= and its siblings in systemd.exec(5)). The XDG specification
// declares a relative path in its variables invalid: the default is used instead, and the result of
// the search says so. FreeBSD and DragonFly also have /usr/local/etc.
package pathx
