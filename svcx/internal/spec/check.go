package spec

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Longest is the longest time that every manager accepts. Windows stores milliseconds in 32 bits.
const Longest = 49 * 24 * time.Hour

// CheckName returns an error if no manager accepts the name of a service.
func CheckName(name string) error {
	const most = 200 // limits: 256 in the Windows registry, 255 for a unit's file name with its suffix
	switch {
	case name == "":
		return errors.New("svcx: the service has no name: set Service.Name")
	case strings.ContainsAny(name, "/\\\x00\n\r"):
		return Refuse("service name", name, "slashes and line breaks are not allowed")
	case name == "." || name == "..":
		return Refuse("service name", name, "it is a directory's")
	case strings.TrimSpace(name) != name:
		return Refuse("service name", name, "it must not begin or end with a space")
	case len(name) > most:
		return Errorf("svcx: service name %.20q…: it is longer than %d bytes", name, most)
	}
	return nil
}

// Refuse returns the error for a text that a manager does not accept.
//
//go:noinline
func Refuse(what, text, why string) error {
	return Errorf("svcx: %s %q: %s", what, text, why)
}

// Refuse returns the error for a service that a manager does not accept.
//
//go:noinline
func (s *Spec) Refuse(why string) error { return Errorf("svcx: service %s: %s", s.Name, why) }

// Check returns an error if no manager can register the service.
func (s *Spec) Check() error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	if s.Executable == "" {
		return Errorf("svcx: service %s has no executable", s.Name)
	}
	w := wordCheck{}
	w.word("account", s.Account)
	w.words("argument", s.Args)
	w.words("dependency", s.DependsOn)
	w.word("description", s.Description)
	w.word("directory", s.Dir)
	w.word("display name", s.DisplayName)
	w.word("executable", s.Executable)
	w.word("log directory", s.LogDir)
	w.words("privilege", s.Privileges)
	w.words("unit line", s.Unit)
	for _, name := range s.Variables() {
		if name == "" || strings.Contains(name, "=") {
			return Refuse("variable name", name, "it must not be empty nor contain '='")
		}
		w.word("variable", name+"="+s.Env[name])
	}
	switch {
	case w.err != nil:
		return w.err
	case strings.ContainsAny(s.Password, "\n\r\x00"): // the error must not show the password
		return s.Refuse("a line break or NUL can't be in the password")
	case slices.Contains(s.DependsOn, "") || slices.Contains(s.Privileges, ""):
		return s.Refuse("an empty name in DependsOn or Privileges is invalid")
	case s.StartType > Disabled:
		return s.Refuse("unknown start type " + s.StartType.String())
	case s.SID > SIDRestricted:
		return s.Refuse("unknown SID type " + s.SID.String())
	}
	for _, d := range append([]time.Duration{s.StopTimeout, s.StartTimeout, s.Watchdog}, s.RestartDelays...) {
		if d < 0 || d > Longest {
			return s.Refuse("StartTimeout, StopTimeout, Watchdog and RestartDelays must be from 0 to 49 days, not " + d.String())
		}
	}
	return nil
}

// CheckLengths returns an error for an argument or environment variable that is too long for Linux
// (MAX_ARG_STRLEN in execve(2)).
func (s *Spec) CheckLengths() error {
	const most = 128<<10 - 1
	for _, arg := range s.Args {
		if len(arg) > most {
			return Errorf("svcx: argument %.20q…: Linux allows %d bytes", arg, most)
		}
	}
	for _, name := range s.Variables() {
		if len(name)+1+len(s.Env[name]) > most {
			return Errorf("svcx: variable %.20q: Linux allows %d bytes with its value", name, most)
		}
	}
	return nil
}

// Variables returns the sorted names of the environment variables.
func (s *Spec) Variables() []string {
	names := make([]string, 0, len(s.Env))
	for name := range s.Env {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// A wordCheck checks texts and keeps the first error.
type wordCheck struct{ err error }

func (w *wordCheck) words(what string, list []string) {
	for _, text := range list {
		w.word(what, text)
	}
}

// word checks that text can be one word of a command line or a variable for every manager.
func (w *wordCheck) word(what, text string) {
	switch {
	case w.err != nil:
	case strings.ContainsAny(text, "\n\r\x00"):
		w.err = Refuse(what, text, "a line break or NUL can't be given to a service")
	case !utf8.ValidString(text):
		w.err = Refuse(what, text, "it is not valid UTF-8")
	}
}

// PathNames are the names of Spec.Executable and Spec.Dir in error messages.
var PathNames = [...]string{"executable", "directory"}

// CheckUnix is like Check, for a manager on Unix. manager is its name, for the error.
func (s *Spec) CheckUnix(manager string) error {
	if err := s.Check(); err != nil {
		return err
	}
	for i, path := range [...]string{s.Executable, s.WorkDir()} {
		if path[0] != '/' {
			return Refuse(PathNames[i], path, manager+" needs an absolute path: set Service."+[...]string{"Executable", "Dir"}[i]+" to that on the target machine")
		}
	}
	if s.User { // a user's service runs under the user's account
		return nil
	}
	return CheckUnixAccount(s.Account)
}

// CheckUnixAccount returns an error if account can't be a Unix user. The names of Windows accounts
// are rejected explicitly: on Unix they would name a different user, or none.
func CheckUnixAccount(account string) error {
	if account == "" {
		return nil
	}
	switch strings.ToLower(strings.ReplaceAll(account, " ", "")) {
	case "localsystem", "localservice", "networkservice":
		return Errorf("svcx: account %q is one of Windows: name a user of this system", account)
	}
	if strings.Trim(account, "0123456789") == "" {
		// systemd accepts neither -1, in 16 or 32 bits, nor a leading zero.
		id, err := strconv.ParseUint(account, 10, 32)
		if err != nil || id == 1<<16-1 || id == 1<<32-1 || account[0] == '0' && account != "0" {
			return Refuse("account", account, "it is no user's number")
		}
	} else if !Only(account, "_-.") || account[0] <= '9' { // '-' and '.' sort before the digits
		return Refuse("account", account, "a user's name has letters, digits, '_', '-' and '.' only")
	}
	return nil
}

// CheckVariable returns an error if name is not a valid name of a shell variable.
func CheckVariable(name, manager string) error {
	if !Only(name, "_") || name[0] <= '9' {
		return Refuse("variable name", name, manager+" takes letters, digits and '_' only, and no digit first")
	}
	return nil
}
