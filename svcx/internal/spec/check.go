package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Longest is a time that every manager can hold. Windows counts milliseconds in
// 32 bits.
const Longest = 49 * 24 * time.Hour

// CheckName returns an error if no manager can have a service of that name.
func CheckName(name string) error {
	const most = 200 // 256 in Windows' registry, 255 with its suffix as a unit's file
	switch {
	case name == "":
		return errors.New("svcx: the service has no name: set Service.Name")
	case strings.ContainsAny(name, "/\\\x00\n\r"):
		return fmt.Errorf("svcx: service name %q: slashes and line breaks are not allowed", name)
	case name == "." || name == "..":
		return fmt.Errorf("svcx: service name %q: it is a directory's", name)
	case strings.TrimSpace(name) != name:
		return fmt.Errorf("svcx: service name %q: it must not begin or end with a blank", name)
	case len(name) > most:
		return fmt.Errorf("svcx: service name %.20q…: it is longer than %d bytes", name, most)
	}
	return nil
}

// Check returns an error if no manager can register the service.
func (s *Spec) Check() error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	if s.Executable == "" {
		return fmt.Errorf("svcx: service %s has no executable", s.Name)
	}
	for _, field := range [...]struct {
		what  string
		words []string
	}{
		{"account", []string{s.Account}},
		{"argument", s.Args},
		{"dependency", s.DependsOn},
		{"description", []string{s.Description}},
		{"directory", []string{s.Dir}},
		{"display name", []string{s.DisplayName}},
		{"executable", []string{s.Executable}},
		{"log directory", []string{s.LogDir}},
		{"privilege", s.Privileges},
		{"unit line", s.Unit},
	} {
		for _, word := range field.words {
			if err := checkWord(field.what, word); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		if name == "" || strings.Contains(name, "=") {
			return fmt.Errorf("svcx: variable name %q: it must not be empty nor contain '='", name)
		}
		if err := checkWord("variable", name+"="+s.Env[name]); err != nil {
			return err
		}
	}
	if strings.ContainsAny(s.Password, "\n\r\x00") { // the error must not show it
		return fmt.Errorf("svcx: service %s: a line break or NUL can't be in the password", s.Name)
	}
	if slices.Contains(s.DependsOn, "") || slices.Contains(s.Privileges, "") {
		return fmt.Errorf("svcx: service %s: an empty name in DependsOn or Privileges is no name", s.Name)
	}
	for _, d := range append([]time.Duration{s.StopTimeout, s.StartTimeout, s.Watchdog}, s.RestartDelays...) {
		if d < 0 || d > Longest {
			return fmt.Errorf("svcx: service %s: StartTimeout, StopTimeout, Watchdog and RestartDelays must be from 0 to %d days, not %v", s.Name, Longest/(24*time.Hour), d)
		}
	}
	if s.StartType > Disabled {
		return fmt.Errorf("svcx: service %s: unknown start type %v", s.Name, s.StartType)
	}
	if s.SID > SIDRestricted {
		return fmt.Errorf("svcx: service %s: unknown SID type %v", s.Name, s.SID)
	}
	return nil
}

// checkWord returns an error if no manager can take text as one word of a
// command or as a variable.
func checkWord(what, text string) error {
	switch {
	case strings.ContainsAny(text, "\n\r\x00"):
		return fmt.Errorf("svcx: %s %q: a line break or NUL can't be given to a service", what, text)
	case !utf8.ValidString(text):
		return fmt.Errorf("svcx: %s %q: it is not valid UTF-8", what, text)
	}
	return nil
}

// CheckUnixAccount returns an error if account can't be a user of a Unix system.
// Spellings of Windows are refused by name: on Unix they would be another user,
// or none.
func CheckUnixAccount(account string) error {
	if account == "" {
		return nil
	}
	switch strings.ToLower(strings.ReplaceAll(account, " ", "")) {
	case "localsystem", "localservice", "networkservice":
		return fmt.Errorf("svcx: account %q is one of Windows: name a user of this system", account)
	}
	for i, r := range account {
		ok := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' ||
			i > 0 && (r >= '0' && r <= '9' || r == '-' || r == '.')
		if !ok && strings.Trim(account, "0123456789") != "" { // a number is a user's id
			return fmt.Errorf("svcx: account %q: a user's name has letters, digits, '_', '-' and '.' only", account)
		}
	}
	return nil
}
