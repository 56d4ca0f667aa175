package openrc

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// mark is in each script that Install has written.
const mark = "# Written by svcx: install overwrites it."

// Render returns the service as a script of OpenRC (openrc-run(8)).
func Render(s *spec.Spec) ([]byte, error) {
	if err := check(s); err != nil {
		return nil, err
	}
	dir := s.Dir
	if dir == "" {
		dir = path.Dir(s.Executable)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	set := func(name, value string) { line("%s=%s", name, shquote.Quote(value)) }
	// OpenRC passes these to a shell once more.
	setWord := func(name, value string) { set(name, shquote.Quote(value)) }

	line("#!/sbin/openrc-run\n%s", mark)
	set("name", s.DisplayName)
	if s.Description != "" {
		set("description", s.Description)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		line("export %s=%s", name, shquote.Quote(s.Env[name]))
	}
	setWord("command", s.Executable)
	words := make([]string, len(s.Args))
	for i, arg := range s.Args {
		words[i] = shquote.Quote(arg)
	}
	set("command_args", strings.Join(words, " "))
	setWord("directory", dir)
	if s.Account != "" {
		set("command_user", s.Account)
	}
	logs := logDir(s) + "/output.log"
	setWord("output_log", logs)
	setWord("error_log", logs)
	set("pidfile", "/run/"+s.Name+".pid")
	set("retry", fmt.Sprintf("TERM/%d/KILL/5", wholeSeconds(s.StopTimeout+spec.StopMargin)))
	if delays := s.RestartDelays; len(delays) > 0 {
		set("supervisor", "supervise-daemon")
		set("respawn_delay", fmt.Sprint(wholeSeconds(delays[0])))
		set("respawn_max", "0") // never give up
	} else {
		set("command_background", "yes")
	}
	set("notify", "socket:ready") // since OpenRC 0.60; others take it for ready at once
	if s.Reload {
		set("extra_started_commands", "reload")
	}

	line("\ndepend() {\n\tafter net logger")
	for _, name := range s.DependsOn {
		line("\tneed %s", name)
	}
	line("}\n\nstart_pre() {")
	if s.StartType == spec.Disabled {
		line("\teerror \"$RC_SVCNAME is disabled\"\n\treturn 1")
	} else {
		owner := ""
		if s.Account != "" {
			owner = " --owner " + s.Account
		}
		line("\tcheckpath --directory --mode 0750%s %s", owner, shquote.Quote(path.Dir(logs)))
	}
	line("}")
	if s.Reload {
		line("\nreload() {\n\tkill -HUP \"$(service_get_value child_pid || cat \"$pidfile\")\"\n}")
	}
	return []byte(b.String()), nil
}

// wholeSeconds rounds up: OpenRC counts whole seconds.
func wholeSeconds(d time.Duration) int64 { return int64((d + time.Second - 1) / time.Second) }

func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.OpenRC, s.Name, false, nil)
}

// check returns what a script can't express.
func check(s *spec.Spec) error {
	if err := s.Check(); err != nil {
		return err
	}
	if s.User {
		return fmt.Errorf("svcx: service %s: OpenRC has no services of a user: leave Service.User unset", s.Name)
	}
	if err := spec.CheckUnixAccount(s.Account); err != nil {
		return err
	}
	for i, name := range append([]string{s.Name}, s.DependsOn...) {
		what := "service name"
		if i > 0 {
			what = "dependency"
		}
		bad := strings.IndexFunc(name, func(r rune) bool { return !isNameChar(r) })
		if bad >= 0 || name[0] == '-' || name[0] == '.' || strings.HasSuffix(name, ".sh") {
			return fmt.Errorf("svcx: %s %q: OpenRC takes letters, digits, '.', '_' and '-', and no name that ends in .sh", what, name)
		}
	}
	if !path.IsAbs(s.Executable) || s.Dir != "" && !path.IsAbs(s.Dir) {
		return fmt.Errorf("svcx: executable %q, directory %q: OpenRC needs absolute paths", s.Executable, s.Dir)
	}
	for name := range s.Env {
		if i := strings.IndexFunc(name, func(r rune) bool { return !isNameChar(r) || r == '.' || r == '-' }); i >= 0 || name[0] <= '9' {
			return fmt.Errorf("svcx: variable name %q: a shell takes letters, digits and '_' only, and no digit first", name)
		}
	}
	return nil
}

func isNameChar(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r)
}
