package svcx

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// stopMargin is what a manager gets above StopTimeout before it kills: time in
// which a service that hangs writes its stacks.
const stopMargin = 5 * time.Second

// unit renders the service as a unit file of systemd (systemd.service(5)).
func (s *Service) unit(exe string) ([]byte, error) {
	if err := s.checkUnit(exe); err != nil {
		return nil, err
	}
	description := s.Description
	if description == "" {
		description = s.display()
	}
	dir := s.Dir
	if dir == "" {
		dir = path.Dir(exe)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	line("[Unit]")
	line("Description=%s", unitSpecifiers(strings.TrimRight(description, `\`))) // a last backslash would join the next line
	after := []string{"network.target"}
	for _, name := range s.DependsOn {
		after = append(after, unitName(name))
	}
	line("After=%s", strings.Join(after, " "))
	if len(after) > 1 {
		line("Requires=%s", strings.Join(after[1:], " "))
	}
	line("StartLimitIntervalSec=0") // never give up, as Windows does not
	if s.StartType == Disabled {
		line("RefuseManualStart=yes")
	}

	line("\n[Service]")
	line("Type=notify")
	// The program itself is no text in which variables are replaced.
	line("ExecStart=%s", strings.Join(append([]string{quoteUnit(unitSpecifiers(exe))}, unitArgs(s.Args)...), " "))
	if s.Accept&AcceptReload != 0 {
		line(`ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"`) // a minimal system has no /bin/kill
	}
	line("WorkingDirectory=%s", unitSpecifiers(dir))
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		line("Environment=%s", quoteUnit(unitSpecifiers(name+"="+s.Env[name])))
	}
	if s.Account != "" && !s.User {
		line("User=%s", s.Account)
	}
	if restarts := s.restarts(); len(restarts) > 0 {
		line("Restart=on-failure")
		line("RestartSec=%s", unitSeconds(restarts[0]))
	}
	line("TimeoutStopSec=%s", unitSeconds(s.stopTimeout()+stopMargin))
	if s.Watchdog > 0 {
		line("WatchdogSec=%s", unitSeconds(s.Watchdog))
	}
	line("NoNewPrivileges=yes")
	if !s.User { // a user's manager has no rights to mount
		line("ProtectSystem=full")
		line("PrivateTmp=yes")
	}
	for _, kind := range [...]string{"Configuration", "State", "Cache", "Logs", "Runtime"} {
		line("%sDirectory=%s", kind, unitSpecifiers(s.Name))
	}

	if s.StartType == Automatic || s.StartType == DelayedAutomatic {
		target := "multi-user.target"
		if s.User {
			target = "default.target"
		}
		line("\n[Install]")
		line("WantedBy=%s", target)
	}
	return []byte(b.String()), nil
}

// checkUnit returns what a unit file can't express.
func (s *Service) checkUnit(exe string) error {
	if err := s.checkInstall(exe); err != nil {
		return err
	}
	for _, arg := range s.Args {
		if err := checkNoVariable("argument", arg); err != nil {
			return err // one service, the same arguments on every system
		}
	}
	if i := strings.IndexFunc(s.Name, func(r rune) bool { return !isUnitChar(r) }); i >= 0 {
		return fmt.Errorf("svcx: service name %q: systemd takes letters, digits, '.', '_', '-' and ':' only", s.Name)
	}
	for _, name := range s.DependsOn {
		if name == "" || strings.IndexFunc(name, func(r rune) bool { return !isUnitChar(r) && r != '@' }) >= 0 {
			return fmt.Errorf("svcx: dependency %q is no name of a unit", name)
		}
	}
	if strings.ContainsAny(exe, "\"'\\") || strings.IndexFunc(exe, unicode.IsControl) >= 0 {
		return fmt.Errorf("svcx: executable %q: systemd takes no program with a quote, backslash or control character in its path", exe)
	}
	for what, text := range map[string]string{"executable": exe, "directory": s.Dir} {
		if text != "" && !path.IsAbs(text) {
			return fmt.Errorf("svcx: %s %q: a unit needs an absolute path", what, text)
		}
		if text != strings.TrimSpace(text) || strings.HasSuffix(text, `\`) {
			return fmt.Errorf("svcx: %s %q: a unit can't hold a path that ends in a space or backslash", what, text)
		}
	}
	for name := range s.Env {
		if i := strings.IndexFunc(name, func(r rune) bool { return r != '_' && !isAlphanumeric(r) }); i >= 0 || name[0] <= '9' {
			return fmt.Errorf("svcx: variable name %q: systemd takes letters, digits and '_' only, and no digit first", name)
		}
	}
	return nil
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

func isUnitChar(r rune) bool { return isAlphanumeric(r) || strings.ContainsRune("._-:", r) }

// unitName adds the suffix of a service to a name that has none.
func unitName(name string) string {
	switch path.Ext(name) {
	case ".service", ".socket", ".target", ".mount", ".path", ".timer", ".device", ".slice":
		return name
	}
	return name + ".service"
}

// unitSpecifiers protects text from the replacement of specifiers (%n, %h).
func unitSpecifiers(text string) string { return strings.ReplaceAll(text, "%", "%%") }

// unitArgs makes words of a command line in which nothing is replaced.
func unitArgs(args []string) (words []string) {
	for _, arg := range args {
		words = append(words, quoteUnit(strings.NewReplacer("%", "%%", "$", "$$").Replace(arg)))
	}
	return words
}

// quoteUnit quotes a word by systemd.syntax(7), "Quoting".
func quoteUnit(word string) string {
	safe := func(r rune) bool { return isUnitChar(r) || strings.ContainsRune("/=,+@%$", r) }
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}

func unitSeconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
}

func (s *Service) display() string {
	if s.DisplayName != "" {
		return s.DisplayName
	}
	return s.Name
}
