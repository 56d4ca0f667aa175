package openrc

import (
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// mark identifies a script written by Install.
const mark = "# Written by svcx: install overwrites it."

// Render returns the service's OpenRC script (openrc-run(8)).
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
	options, exports := "", ""
	for _, name := range s.Variables() {
		if isScripts(name) {
			options += " --env " + word(&t, name+"="+s.Env[name])
			exports += "\t\texport " + name + "=" + shquote.Quote(s.Env[name]) + "\n"
		} else {
			set(&t, "export "+name+"=", s.Env[name])
		}
	}
	// OpenRC passes the values of some variables to a shell a second time.
	set(&t, "command=", shquote.Quote(s.Executable))
	words := spec.Each(s.Args, " ", func(arg string) string { return word(&t, arg) })
	set(&t, "command_args=", strings.TrimPrefix(words, " "))
	set(&t, "directory=", word(&t, s.WorkDir()))
	if s.Account != "" {
		set(&t, "command_user=", s.Account)
	}
	logs := logDir(s)
	output := word(&t, logs+"/output.log")
	set(&t, "output_log=", output)
	set(&t, "error_log=", output)
	t.Line("pidfile=/run/", s.Name+".pid")
	t.Line("retry=TERM/", wholeSeconds(s.StopTimeout+spec.StopMargin)+"/KILL/5")
	if delays := s.RestartDelays; len(delays) > 0 {
		t.Line("supervisor=supervise-daemon\nrespawn_delay=", wholeSeconds(delays[0]))
		t.Lines("respawn_max=0") // never stop restarting
	} else {
		t.Lines("command_background=yes")
	}
	if options != "" {
		name := "start_stop_daemon_args"
		if len(s.RestartDelays) > 0 {
			name = "supervise_daemon_args"
		}
		t.Line(name+"=", shquote.Quote(options[1:])+`" $`+name+`"`)
	}
	t.Lines("notify=socket:ready") // since OpenRC 0.60; older versions consider the service ready immediately
	if s.Reload {
		t.Lines("extra_started_commands=reload")
	}

	t.Lines("\ndepend() {\n\tafter net logger")
	for _, name := range s.DependsOn {
		t.Line("\tneed ", name)
	}
	t.Lines("}\n\nstart_pre() {")
	// OpenRC 0.64 leaves its socket behind, and can't start the service a second time then.
	const socket = `"/run/openrc/supervise-$RC_SVCNAME.sock"`
	t.Line("\trm -f ", socket)
	if s.StartType == spec.Disabled {
		t.Lines("\teerror \"$RC_SVCNAME is disabled\"\n\treturn 1")
	} else {
		owner := ""
		if s.Account != "" {
			owner = " --owner " + s.Account
		}
		if s.LogDir != "" {
			t.Line("\tmkdir -p ", shquote.Quote(path.Dir(logs)))
		}
		t.Line("\tcheckpath --directory --mode 0750", owner+" "+shquote.Quote(logs))
		// They may belong to another account that ran the service before.
		for _, name := range [...]string{"/output.log", "/crash.log"} {
			t.Line("\tcheckpath --file --mode 0640", owner+" "+shquote.Quote(logs+name))
		}
		if s.Account != "" {
			// OpenRC creates the socket for READY=1 after start_pre, and only root can write to it.
			// Until this changes its owner, the service retries.
			t.Lines("\t(for i in $(seq 100); do chown " + s.Account + " " + socket + " && break; sleep 0.1; done) >/dev/null 2>&1 &")
		}
		if len(s.RestartDelays) == 0 {
			// OpenRC on Debian starts services with dpkg's start-stop-daemon.
			t.Lines("\tcase $(start-stop-daemon --version) in *Debian*)\n\t\tstart_stop_daemon_args=\"--output $output_log\"\n\t\tunset output_log error_log\n" + exports + "\tesac")
		}
	}
	t.Lines("}")
	if len(s.RestartDelays) == 0 {
		// Find the process by its ID only: OpenRC would pass a path with spaces as several words.
		t.Lines("\nstop_pre() {\n\tservice_set_value command \"\"\n\tcommand=\n}")
	}
	if s.Reload {
		t.Lines("\nreload() {\n\tkill -HUP \"$(service_get_value child_pid || cat \"$pidfile\")\"\n}")
	}
	return []byte(t), nil
}

// wholeSeconds returns d in whole seconds, as OpenRC requires, rounded up.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func set(t *spec.Text, name, value string) { t.Line(name, shquote.Quote(value)) }

// word returns a word for a variable that OpenRC passes to a shell a second time, after it has
// collapsed white space and expanded file name patterns. A text that this would change is put into
// a variable of its own.
func word(t *spec.Text, text string) string {
	if !isAltered(text) {
		return shquote.Quote(text)
	}
	name := "svcx_" + strconv.Itoa(strings.Count(string(*t), "\nsvcx_")+1)
	set(t, name+"=", text)
	return `"$` + name + `"`
}

// isScripts reports whether OpenRC's scripts may use a variable of that name: to find programs, or
// as a setting, all of which are lower-case (openrc-run(8)).
func isScripts(name string) bool {
	return strings.ContainsAny(name, "abcdefghijklmnopqrstuvwxyz") || name == "PATH" || name == "IFS" || name == "OPTIND" ||
		strings.HasPrefix(name, "RC_") || strings.HasPrefix(name, "EINFO_")
}

func isAltered(text string) bool {
	return strings.ContainsAny(text, "\t*?[") || strings.Contains(text, "  ")
}

func logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.OpenRC, s.Name, false, nil)
}

// check returns an error for settings that a script can't express.
func check(s *spec.Spec) error {
	if err := s.CheckUnix("OpenRC"); err != nil {
		return err
	}
	if s.User {
		return s.Refuse("OpenRC does not support user services: leave Service.User unset")
	}
	if s.Account != "" && s.Account[0] <= '9' {
		return spec.Refuse("account", s.Account, "OpenRC's supervisor may take no number: name the user")
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
	if isAltered(s.Executable) {
		return spec.Refuse("executable", s.Executable, "OpenRC takes no path with a tab, two blanks, '*', '?' or '['")
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
