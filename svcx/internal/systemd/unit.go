package systemd

import (
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Render returns the service as a unit file of systemd (systemd.service(5)).
func Render(s *spec.Spec) ([]byte, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	description := s.Description
	if description == "" {
		description = s.DisplayName
	}
	dir := s.Dir
	if dir == "" {
		dir = path.Dir(s.Executable)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("[Unit]")
	line("Description=%s", escapeSpecifiers(strings.TrimRight(description, `\`))) // a last backslash would join the next line
	after := []string{"network.target"}
	for _, name := range s.DependsOn {
		after = append(after, unitName(name))
	}
	line("After=%s", strings.Join(after, " "))
	if len(after) > 1 {
		line("Requires=%s", strings.Join(after[1:], " "))
	}
	if len(s.RestartDelays) > 0 {
		line("StartLimitIntervalSec=0") // never give up, as Windows does not
	}
	if s.StartType == spec.Disabled {
		line("RefuseManualStart=yes")
	}

	line("\n[Service]")
	line("Type=notify")
	// The program itself is not a text in which variables are replaced.
	line("ExecStart=%s", strings.Join(append([]string{quote(escapeSpecifiers(s.Executable))}, quoteArgs(s.Args)...), " "))
	if s.Reload {
		line(`ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"`) // a minimal system has no /bin/kill
	}
	line("WorkingDirectory=%s", escapeSpecifiers(dir))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		line("Environment=%s", quote(escapeSpecifiers(name+"="+s.Env[name])))
	}
	if s.Account != "" && !s.User {
		line("User=%s", s.Account)
	}
	if delays := s.RestartDelays; len(delays) > 0 {
		line("Restart=on-failure")
		line("RestartSec=%s", seconds(delays[0]))
	}
	if s.StartTimeout > 0 {
		line("TimeoutStartSec=%s", seconds(s.StartTimeout+spec.StopMargin))
	}
	line("TimeoutStopSec=%s", seconds(s.StopTimeout+spec.StopMargin))
	if s.Watchdog > 0 {
		line("WatchdogSec=%s", seconds(s.Watchdog))
	}
	line("NoNewPrivileges=yes")
	if !s.User { // a user's manager has no rights to mount
		line("ProtectSystem=full")
		line("PrivateTmp=yes")
	}
	b.WriteString(directories(s.Name))
	for _, text := range s.Unit {
		line("%s", text)
	}

	if s.StartType.AtBoot() {
		target := "multi-user.target"
		if s.User {
			target = "default.target"
		}
		line("\n[Install]")
		line("WantedBy=%s", target)
	}
	return []byte(b.String()), nil
}

// directories returns the lines for the service's directories. That a unit has
// them all, in this order, shows that Install has written it.
func directories(name string) (lines string) {
	for _, kind := range [...]string{"Configuration", "State", "Cache", "Logs", "Runtime"} {
		lines += kind + "Directory=" + name + "\n"
	}
	return lines
}

// check returns what a unit file can't express.
func check(s *spec.Spec) error {
	if err := s.Check(); err != nil {
		return err
	}
	// A colon is allowed by unit_name_is_valid, but separates the words of
	// LogsDirectory= and its kin from systemd 251 on.
	if i := strings.IndexFunc(s.Name, func(r rune) bool { return !isNameChar(r) }); i >= 0 {
		return fmt.Errorf("svcx: service name %q: systemd takes letters, digits, '.', '_' and '-' only", s.Name)
	}
	for _, name := range s.DependsOn {
		if strings.IndexFunc(name, func(r rune) bool { return !isNameChar(r) && r != '@' && r != ':' }) >= 0 {
			return fmt.Errorf("svcx: dependency %q is no name of a unit", name)
		}
	}
	exe := s.Executable
	if strings.ContainsAny(exe, "\"'\\") || strings.IndexFunc(exe, unicode.IsControl) >= 0 {
		return fmt.Errorf("svcx: executable %q: systemd takes no program with a quote, backslash or control character in its path", exe)
	}
	for _, field := range [...]struct{ what, text string }{{"executable", exe}, {"directory", s.Dir}} {
		what, text := field.what, field.text
		if text != "" && !path.IsAbs(text) {
			return fmt.Errorf("svcx: %s %q: a unit needs an absolute path", what, text)
		}
		if text != strings.TrimSpace(text) || strings.HasSuffix(text, `\`) {
			return fmt.Errorf("svcx: %s %q: a unit can't hold a path that ends in a space or backslash", what, text)
		}
		for part := range strings.SplitSeq(text, "/") {
			if part == ".." {
				return fmt.Errorf("svcx: %s %q: systemd takes no path with '..'", what, text)
			}
		}
	}
	if !s.User {
		if err := spec.CheckUnixAccount(s.Account); err != nil {
			return err
		}
	}
	for name := range s.Env {
		if i := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !isAlphanumeric(r) }); i >= 0 || name[0] <= '9' {
			return fmt.Errorf("svcx: variable name %q: systemd takes letters, digits and '_' only, and no digit first", name)
		}
	}
	for name, value := range s.Env {
		if strings.IndexFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0 {
			return fmt.Errorf("svcx: variable %s=%q: systemd drops a variable with a control character", name, value)
		}
	}
	for _, text := range s.Unit {
		if strings.HasSuffix(text, `\`) {
			return fmt.Errorf("svcx: unit line %q: a backslash at its end would join the next line", text)
		}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func isNameChar(r rune) bool { return isAlphanumeric(r) || strings.ContainsRune("._-", r) }

// unitName adds the suffix of a service to a name that has none.
func unitName(name string) string {
	switch path.Ext(name) {
	case ".service", ".socket", ".target", ".mount", ".path", ".timer", ".device", ".slice":
		return name
	}
	return name + ".service"
}

// escapeSpecifiers protects text from the replacement of specifiers (%n, %h).
func escapeSpecifiers(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// quoteArgs makes words of a command line in which nothing is replaced.
func quoteArgs(args []string) (words []string) {
	for _, arg := range args {
		words = append(words, quote(strings.NewReplacer("%", "%%", "$", "$$").Replace(arg)))
	}
	return words
}

// quote quotes a word by systemd.syntax(7), "Quoting".
func quote(word string) string {
	safe := func(r rune) bool { return isNameChar(r) || strings.ContainsRune(":/=,+@%$", r) }
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

// seconds returns d in whole microseconds, rounded up: 0 means no limit to some
// settings.
func seconds(d time.Duration) string {
	d = (d + time.Microsecond - 1) / time.Microsecond * time.Microsecond
	return strconv.FormatFloat(math.Round(d.Seconds()*1e6)/1e6, 'f', -1, 64)
}
