package systemd

import (
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Render returns the service's systemd unit file (systemd.service(5)).
func Render(s *spec.Spec) ([]byte, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	description := s.Description
	if description == "" {
		description = s.DisplayName
	}
	var t spec.Text
	// A trailing backslash would continue the line.
	description = strings.TrimRightFunc(description, func(r rune) bool { return r == '\\' })
	t.Line("[Unit]\nDescription=", escapeSpecifiers(description))
	required := spec.Each(s.DependsOn, " ", unitName)
	t.Line("After=network.target", required)
	if required != "" {
		t.Line("Requires=", required[1:])
	}
	if len(s.RestartDelays) > 0 {
		t.Lines("StartLimitIntervalSec=0") // never stop restarting, like Windows
	}
	if s.StartType == spec.Disabled {
		t.Lines("RefuseManualStart=yes")
	}

	t.Lines("\n[Service]\nType=notify")
	// systemd does not expand variables in the path of the program, but does in argument 0.
	program, argument0 := quote(escapeSpecifiers(s.Executable)), ""
	if strings.Contains(s.Executable, "$$") || strings.Contains(s.Executable, "${") {
		program, argument0 = "@"+program, " "+quoteArg(s.Executable)
	}
	t.Line("ExecStart=", program+argument0+spec.Each(s.Args, " ", quoteArg))
	if s.Reload {
		t.Lines(`ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"`) // via a shell, because a minimal system has no /bin/kill
	}
	t.Line("WorkingDirectory=", escapeSpecifiers(s.WorkDir()))
	for _, name := range s.Variables() {
		t.Line("Environment=", quote(escapeSpecifiers(name+"="+s.Env[name])))
	}
	if s.Account != "" && !s.User {
		t.Line("User=", s.Account)
	}
	if delays := s.RestartDelays; len(delays) > 0 {
		t.Line("Restart=on-failure\nRestartSec=", seconds(delays[0]))
	}
	if s.StartTimeout > 0 {
		t.Line("TimeoutStartSec=", seconds(s.StartTimeout+spec.StopMargin))
	}
	t.Line("TimeoutStopSec=", seconds(s.StopTimeout+spec.StopMargin))
	if s.Watchdog > 0 {
		t.Line("WatchdogSec=", seconds(s.Watchdog))
	}
	t.Lines("NoNewPrivileges=yes")
	if !s.User { // a user's manager lacks the rights to mount
		t.Lines("ProtectSystem=full\nPrivateTmp=yes")
	}
	t += spec.Text(directories(s.Name))
	for _, text := range s.Unit {
		t.Lines(text)
	}

	if s.StartType.AtBoot() {
		target := "multi-user.target"
		if s.User {
			target = "default.target"
		}
		t.Line("\n[Install]\nWantedBy=", target)
	}
	return []byte(t), nil
}

// directories returns the lines for the service's directories. A unit that has all of them in this
// order was written by Install.
func directories(name string) string {
	const lines = "ConfigurationDirectory=?\nStateDirectory=?\nCacheDirectory=?\nLogsDirectory=?\nRuntimeDirectory=?\n"
	return strings.ReplaceAll(lines, "?", name)
}

// check returns an error for settings that a unit file can't express.
func check(s *spec.Spec) error {
	if err := s.CheckUnix("systemd"); err != nil {
		return err
	}
	if err := checkName(s); err != nil {
		return err
	}
	switch s.Name {
	case "credentials", "lock", "log", "mount", "systemd", "udev", "user":
		return spec.Refuse("service name", s.Name, "systemd would remove /run/"+s.Name+", which is the system's, when the service stops")
	}
	for _, name := range s.DependsOn {
		if !spec.Only(name, nameChars+"@:") {
			return spec.Errorf("svcx: dependency %q is no name of a unit", name)
		}
	}
	exe := s.Executable
	if strings.ContainsAny(exe, "\"'\\") || strings.IndexFunc(exe, unicode.IsControl) >= 0 {
		return spec.Refuse("executable", exe, "systemd takes no program with a quote, backslash or control character in its path")
	}
	for i, name := range [...]string{exe, s.WorkDir()} {
		if name != strings.TrimSpace(name) || strings.HasSuffix(name, `\`) {
			return spec.Refuse(spec.PathNames[i], name, "a unit can't hold a path that ends in a space or backslash")
		}
		if strings.Contains(name+"/", "/../") {
			return spec.Refuse(spec.PathNames[i], name, "systemd takes no path with '..'")
		}
	}
	for name, value := range s.Env {
		if err := spec.CheckVariable(name, "systemd"); err != nil {
			return err
		}
		if strings.IndexFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0 {
			return spec.Errorf("svcx: variable %s=%q: systemd drops a variable with a control character", name, value)
		}
	}
	if err := s.CheckLengths(); err != nil {
		return err
	}
	for _, text := range s.Unit {
		if strings.HasSuffix(text, `\`) {
			return spec.Refuse("unit line", text, "a backslash at its end would join the next line")
		}
	}
	return nil
}

// checkName returns an error for an invalid unit name. systemctl would interpret some names as
// options or patterns: "*" would stop every service.
func checkName(s *spec.Spec) error {
	// unit_name_is_valid allows a colon, but since systemd 251 it is a separator in LogsDirectory=
	// and similar settings.
	if !spec.Only(s.Name, nameChars) || s.Name[0] == '-' {
		return spec.Refuse("service name", s.Name, "systemd takes letters, digits, '.', '_' and '-' only, and no '-' first")
	}
	const most = 190 // it is part of the name of the unit's private /tmp, which has at most 255 bytes
	if len(s.Name) > most {
		return spec.Refuse("service name", s.Name, "systemd starts no unit with PrivateTmp=yes and a longer name than "+strconv.Itoa(most))
	}
	return nil
}

// nameChars are the characters allowed in names besides letters and digits.
const nameChars = "._-"

// unitName adds the suffix .service to a name that has no unit suffix.
func unitName(name string) string {
	switch path.Ext(name) {
	case ".service", ".socket", ".target", ".mount", ".path", ".timer", ".device", ".slice":
		return name
	}
	return name + ".service"
}

// escapeSpecifiers escapes specifiers (%n, %h), so that systemd does not expand them.
func escapeSpecifiers(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// quoteArg quotes a word of a command line so that systemd expands nothing in it.
func quoteArg(arg string) string {
	return quote(strings.ReplaceAll(escapeSpecifiers(arg), "$", "$$"))
}

// quote quotes a word as described in systemd.syntax(7), "Quoting".
func quote(word string) string {
	if word != "" && spec.Only(word, nameChars+":/=,+@%$") {
		return word
	}
	return `"` + strings.ReplaceAll(strings.ReplaceAll(word, `\`, `\\`), `"`, `\"`) + `"`
}

// seconds formats d in seconds, rounded up to whole microseconds, because 0 means no limit for some
// settings.
func seconds(d time.Duration) string {
	return strconv.FormatFloat(float64((d+time.Microsecond-1)/time.Microsecond)/1e6, 'f', -1, 64)
}
