package openrc

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// read returns the service's script.
func (m *Backend) read(s *spec.Spec) (string, error) {
	text, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) {
		return "", spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	if err != nil {
		return "", spec.Fail(nil, err, "")
	}
	return string(text), nil
}

// owned returns an error if the script belongs to another program.
func (m *Backend) owned(s *spec.Spec) error {
	text, err := m.read(s)
	if errors.Is(err, spec.ErrNotInstalled) || s.Force {
		return nil
	}
	if err != nil || strings.Contains(text, mark) || programOf(text) == s.Executable {
		return err
	}
	return spec.Fail(spec.ErrForeign, errors.New(m.file(s)+" runs another program"), "choose another Service.Name, or replace that script by --force")
}

// programOf returns the program that a script runs.
func programOf(script string) string {
	for line := range strings.Lines(script) {
		if value, ok := strings.CutPrefix(line, "command="); ok {
			return unquote(unquote(strings.TrimSpace(value)))
		}
	}
	return ""
}

// unquote removes the shell quoting of one word.
func unquote(word string) string {
	var b strings.Builder
	for quote := byte(0); word != ""; word = word[1:] {
		switch c := word[0]; {
		case quote == 0 && (c == '\'' || c == '"'):
			quote = c
		case quote == c && quote != 0:
			quote = 0
		case c == '\\' && quote != '\'' && len(word) > 1:
			word = word[1:]
			b.WriteByte(word[0])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// stateOf returns the state for an exit code of "rc-service NAME status" (openrc-run.sh). Stopped
// and crashed services are both Stopped.
func stateOf(code int, out string) spec.State {
	switch code {
	case 0:
		return spec.Running
	case 4:
		return spec.StopPending
	case 8:
		return spec.StartPending
	case 16:
		return spec.StartPending // inactive: it is not ready yet
	}
	return spec.Stopped
}

// pidFile returns the file that contains the service's process ID. The regular PID file of a
// supervised service contains the ID of its supervisor.
func (m *Backend) pidFile(s *spec.Spec, supervised bool) string {
	if supervised {
		return filepath.Join(m.state, "options", s.Name, "child_pid")
	}
	return filepath.Join(filepath.Dir(m.state), s.Name+".pid")
}

// pid returns the service's process ID, or 0.
func (m *Backend) pid(s *spec.Spec, supervised bool) int {
	text, err := os.ReadFile(m.pidFile(s, supervised))
	pid, bad := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || bad != nil {
		return 0
	}
	return pid
}
