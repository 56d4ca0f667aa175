package svcx

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// Render returns what Install would register, for those who deploy by other
// means: a unit file for Systemd, a property list for Launchd, and for SCM one
// JSON object with the command line, every setting (delays in milliseconds, the
// reset period in seconds) and the calls in their order. It has no password.
// Render works on any system; set Executable to where the program will be.
// Console is an error that is errors.ErrUnsupported.
func (s *Service) Render(m Manager) ([]byte, error) {
	exe := s.Executable
	if exe == "" {
		var err error
		if exe, err = s.executable(); err != nil {
			return nil, err
		}
	}
	switch m {
	case Systemd:
		return s.unit(exe)
	case Launchd:
		return s.plist(exe, os.Getenv)
	case SCM:
		p, err := s.plan(exe)
		if err != nil {
			return nil, err
		}
		return p.json(), nil
	}
	return nil, fmt.Errorf("svcx: rendering %s for a console: %w", s.Name, errors.ErrUnsupported)
}

func (p *plan) json() []byte {
	actions := make([]string, len(p.actions))
	for i, delay := range p.actions {
		actions[i] = fmt.Sprintf(`{"type": "restart", "delay": %d}`, delay.Milliseconds())
	}
	calls := []string{"OpenSCManagerW", callCreate}
	for _, c := range p.changes(p.fresh(), nil) {
		if calls[len(calls)-1] != c.call {
			calls = append(calls, c.call)
		}
	}
	fields := []struct{ name, value string }{
		{"name", jsonString(p.name)},
		{"displayName", jsonString(p.display)},
		{"description", jsonString(p.description)},
		{"binaryPath", jsonString(p.binaryPath)},
		{"start", jsonString(p.start.String())},
		{"account", jsonString(p.account)},
		{"grantLogonRight", strconv.FormatBool(p.grantLogon)},
		{"dependencies", jsonStrings(p.dependencies)},
		{"failureActions", "[" + strings.Join(actions, ", ") + "]"},
		{"failureReset", strconv.FormatInt(int64(p.reset/time.Second), 10)},
		{"failureActionsOnNonCrashFailures", strconv.FormatBool(p.failureFlag)},
		{"preshutdownTimeout", strconv.FormatInt(p.preshutdown.Milliseconds(), 10)},
		{"sidType", jsonString(p.sid.String())},
		{"requiredPrivileges", jsonStrings(p.privileges)},
		{"environment", jsonStrings(p.environment)},
		{"calls", jsonStrings(calls)},
	}
	var b strings.Builder
	b.WriteString("{\n")
	for i, f := range fields {
		b.WriteString("  " + jsonString(f.name) + ": " + f.value)
		if i < len(fields)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return []byte(b.String())
}
