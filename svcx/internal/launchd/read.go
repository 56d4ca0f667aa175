package launchd

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// owned returns an error if the job's property list belongs to another program.
func (m *Backend) owned(s *spec.Spec) error {
	text, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) || s.Force {
		return nil
	}
	if err != nil {
		return spec.Fail(nil, err, "")
	}
	if isOurs(string(text), s.Executable) {
		return nil
	}
	return spec.Fail(spec.ErrForeign, errors.New(m.file(s)+" runs another program"), "choose another Service.Name, or replace that job by --force")
}

// isOurs reports whether the property list was written by Install, or runs exe.
func isOurs(plist, exe string) bool {
	if textAfter(plist, "ProgramArguments") == exe {
		return true
	}
	// Property lists written by Install have a characteristic set of keys.
	out := textAfter(plist, "StandardOutPath")
	return strings.HasSuffix(out, "/output.log") && out == textAfter(plist, "StandardErrorPath") && strings.Contains(plist, "<key>ExitTimeOut</key>")
}

// textAfter returns the first string after a key.
func textAfter(plist, key string) string {
	_, rest, _ := strings.Cut(plist, "<key>"+key+"</key>")
	_, value, _ := strings.Cut(rest, "<string>")
	value, _, _ = strings.Cut(value, "</string>")
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#9;", "\t", "&amp;", "&").Replace(value)
}

// statusOf parses the output of "launchctl print". The output format is not a stable interface
// (launchctl(1)), so a job without the expected lines counts as stopped.
func statusOf(out string) (st spec.Status) {
	st.State = spec.Stopped
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "\t\t") {
			continue // belongs to a nested block
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch name {
		case "state":
			if value == "running" {
				st.State = spec.Running
			}
		case "pid":
			st.PID, _ = strconv.Atoi(value)
		case "last exit code":
			number, _, _ := strings.Cut(value, ":") // "78: EX_CONFIG"
			st.ExitCode, _ = strconv.Atoi(number)
		}
	}
	return st
}

// startTypeOf returns the start type in a property list written by Install.
func startTypeOf(plist string) spec.StartType {
	is := func(key string) bool {
		_, rest, _ := strings.Cut(plist, "<key>"+key+"</key>")
		return strings.HasPrefix(strings.TrimSpace(rest), "<true/>")
	}
	switch {
	case is("Disabled"):
		return spec.Disabled
	case is("RunAtLoad"):
		return spec.Automatic
	}
	return spec.Manual
}
