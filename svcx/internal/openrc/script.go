package openrc

import (
	"strconv"
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
	var t spec.Text
	t.Line("#!/sbin/openrc-run\n", mark)
	set(&t, "name=", s.DisplayName)
	if s.Description != "" {
		set(&t, "description=", s.Description)
	}
	for _, name := range s.Variables() {
		set(&t, "export "+name+"=", s.Env[name])
	}
	// OpenRC passes the value of some variables to a shell once more.
	set(&t, "command=", shquote.Quote(s.Executable))
	words := spec.Each(s.Args, " ", shquote.Quote)
	set(&t, "command_args=", strings.TrimPrefix(words, " "))
	set(&t, "directory=", shquote.Quote(s.WorkDir()))
	if s.Account != "" {
		set(&t, "command_user=", s.Account)
	}
	logs := logDir(s)
	output := shquote.Quote(logs + "/output.log")
	set(&t, "output_log=", output)
	set(&t, "error_log=", output)
	t.Line("pidfile=/run/", s.Name+".pid")
	t.Line("retry=TERM/", wholeSeconds(s.StopTimeout+spec.StopMargin)+"/KILL/5")
	if delays := s.RestartDelays; len(delays) > 0 {
		t.Line("supervisor=supervise-daemon\nrespawn_delay=", wholeSeconds(delays[0]))
		t.Lines("respawn_max=0") // never give up
	} else {
		t.Lines("command_background=yes")
	}
	t.Lines("notify=socket:ready") // since OpenRC 0.60; others take it for ready at once
	if s.Reload {
		t.Lines("extra_started_commands=reload")
	}

	t.Lines("\ndepend() {\n\tafter net logger")
	for _, name := range s.DependsOn {
		t.Line("\tneed ", name)
	}
	t.Lines("}\n\nstart_pre() {")
	// OpenRC 0.64 leaves its socket behind, and can't start the service a second time then.
	t.Lines("\trm -f \"/run/openrc/supervise-$RC_SVCNAME.sock\"")
	if s.StartType == spec.Disabled {
		t.Lines("\teerror \"$RC_SVCNAME is disabled\"\n\treturn 1")
	} else {
		owner := ""
		if s.Account != "" {
			owner = " --owner " + s.Account
		}
		t.Line("\tcheckpath --directory --mode 0750", owner+" "+shquote.Quote(logs))
	}
	t.Lines("}")
	if s.Reload {
		t.Lines("\nreload() {\n\tkill -HUP \"$(service_get_value child_pid || cat \"$pidfile\")\"\n}")
	}
	return []byte(t), nil
}

// wholeSeconds rounds up: OpenRC counts whole seconds.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func set(t *spec.Text, name, value string) { t.Line(name, shquote.Quote(value)) }

func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.OpenRC, s.Name, false, nil)
}

// check returns what a script can't express.
func check(s *spec.Spec) error {
	if err := s.CheckUnix("OpenRC"); err != nil {
		return err
	}
	if s.User {
		return s.Refuse("OpenRC does not support user services: leave Service.User unset")
	}
	for _, name := range spec.Append(s.DependsOn, s.Name) {
		what := "dependency"
		if name == s.Name {
			what = "service name"
		}
		if !spec.Only(name, "._-") || name[0] == '-' || name[0] == '.' || strings.HasSuffix(name, ".sh") {
			return spec.Refuse(what, name, "OpenRC takes letters, digits, '.', '_' and '-', and no name that ends in .sh")
		}
	}
	if err := s.CheckLengths(); err != nil {
		return err
	}
	for name := range s.Env {
		if err := spec.CheckVariable(name, "OpenRC"); err != nil {
			return err
		}
	}
	return nil
}
