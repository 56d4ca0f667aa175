// Package pathx finds a service's configuration file, whatever account runs the service and in
// whatever directory, and reads and writes it safely.
//
// A program that reads "config.json" works in a developer's terminal and not as a service: a
// Windows service starts in System32, a systemd unit in /, and each runs under an account whose
// home directory is empty. Search helpers make that worse when they pass over a file that they may
// not read and load another one without a word. This package looks in a fixed order, stops at what
// is wrong instead of going round it, and can always say which file it took and where it looked:
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
// User and system files lie in a folder named for the app. A flag and a variable are binding:
// nothing else is looked at when they are set.
//
// # Trust
//
// A process with more rights than others (root, SYSTEM, a service, an elevated one) takes a file
// only if no account with fewer rights can change it; see [Trust].
//
// # Windows
//
// Folders come from the registry, so shell32.dll and user32.dll stay out of the process. The
// service accounts LocalSystem, LocalService and NetworkService, and the virtual accounts of
// services, have no user places: an installer writes into another profile than theirs. HOMEDRIVE
// and HOMEPATH are not used; they may name a network drive. Paths may be longer than 260
// characters. Reserved names are refused before they are opened: a configuration named COM1 would
// be a serial port.
//
// # Linux and the BSDs
//
// The XDG Base Directory Specification rules, and systemd's directories where a unit sets them
// (systemd.exec(5), ConfigurationDirectory= and its siblings). A relative path in an XDG variable
// is invalid by that specification: the default is used, and the walk reports it. FreeBSD and
// DragonFly have /usr/local/etc besides.
package pathx
