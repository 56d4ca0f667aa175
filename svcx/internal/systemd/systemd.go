// Package systemd registers services with systemd.
package systemd

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Backend controls services through systemctl(1). Call Open first.
type Backend struct {
	root  bool   // this process may change system units
	user  bool   // the user's service manager, not the system's
	dir   string // the directory of the unit files
	run   func(ctx context.Context, args ...string) (string, error)
	write spec.Writer
}

func unit(s *spec.Spec) string { return s.Name + ".service" }

func (m *Backend) file(s *spec.Spec) string { return filepath.Join(m.dir, unit(s)) }

// ctl runs systemctl for the system's or the user's service manager.
func (m *Backend) ctl(ctx context.Context, args ...string) (string, error) {
	if m.user {
		args = append([]string{"--user"}, args...)
	}
	return m.run(ctx, append([]string{"--no-ask-password"}, args...)...)
}

// fail converts an error of systemctl. For a non-root caller every failure is ErrAccessDenied,
// whatever systemctl printed.
func (m *Backend) fail(s *spec.Spec, kind, err error) error {
	if !m.root && !m.user && (kind == nil || kind == spec.ErrStartFailed) {
		return spec.Fail(spec.ErrAccessDenied, err, "run it as root")
	}
	hint := ""
	switch {
	case kind == spec.ErrStartFailed:
		hint = m.journalHint(s)
		if !m.user {
			logs := s.LogDir
			if logs == "" {
				logs = "/var/log/" + s.Name
			}
			hint += "; crashes are in " + filepath.Join(logs, "crash.log")
		}
	case m.user && err != nil && noBus(err.Error()):
		hint = "the user's systemd can't be reached, as after sudo or su: log in as the user, or run it by systemd-run --user -M USER@ --pipe"
	}
	return spec.Fail(kind, err, hint)
}

func (m *Backend) journalHint(s *spec.Spec) string {
	scope := ""
	if m.user {
		scope = "--user "
	}
	return "journalctl " + scope + "-u " + unit(s) + " says why"
}

// noBus reports whether systemctl failed to find the user's bus.
func noBus(text string) bool {
	return strings.Contains(text, "No medium found") || strings.Contains(text, "XDG_RUNTIME_DIR") ||
		strings.Contains(text, "Failed to connect to bus") || strings.Contains(text, "Failed to connect to user scope bus")
}

// loaded holds the properties of a unit as loaded by systemd.
type loaded map[string]string

// Install writes the unit file and enables the unit.
func (m *Backend) Install(ctx context.Context, s *spec.Spec) (changed []spec.Change, err error) {
	if !m.root && !m.user {
		return nil, m.fail(s, spec.ErrAccessDenied, nil)
	}
	text, err := Render(s)
	if err != nil {
		return nil, err
	}
	if err := s.CheckTrust(); err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	before, err := m.show(ctx, s)
	if err != nil {
		return nil, m.fail(s, nil, err)
	}
	if err := m.owned(s, before); err != nil {
		return nil, err
	}
	undo := spec.Undo{}
	defer func() { err = undo.End(err) }()

	written, enable := false, ""
	last := context.WithoutCancel(ctx)
	reload := func() error { _, err := m.ctl(last, "daemon-reload"); return err }
	undo.Add(func() (err error) { // runs after the file was restored
		if written {
			err = reload()
		}
		if enable != "" {
			_, failed := m.ctl(last, enable, unit(s))
			err = spec.Join(err, failed)
		}
		return err
	})
	old, err := undo.WriteFile(m.write, m.file(s), text, 0o644)
	if err != nil {
		return nil, m.fail(s, nil, err)
	}
	changed = spec.ChangedLines(string(old), string(text))
	if written = len(changed) > 0; written {
		if err := reload(); err != nil {
			return nil, m.fail(s, nil, err)
		}
		now, err := m.show(ctx, s)
		if err != nil {
			return nil, m.fail(s, nil, err)
		}
		if load := now["LoadState"]; load == "bad-setting" || load == "error" {
			return nil, spec.Fail(nil, errors.New("systemd can't load the unit ("+load+")"), m.journalHint(s))
		}
	}
	do, enabled := "", before["UnitFileState"] == "enabled"
	switch {
	case s.StartType.AtBoot() && !enabled:
		do = "enable"
	case !s.StartType.AtBoot() && enabled:
		do, enable = "disable", "enable"
	case enabled && written && s.Force: // the links may be those requested by another unit's [Install] section
		do, enable = "reenable", "reenable"
	}
	if do != "" {
		if _, err := m.ctl(ctx, do, unit(s)); err != nil {
			return nil, m.fail(s, nil, err)
		}
		if !enabled {
			undo.Add(func() error { _, err := m.ctl(last, "disable", unit(s)); return err })
		}
		changed = append(changed, do+"d")
	}
	return changed, s.Installed(ctx)
}

// Uninstall stops and disables the unit, and removes its file.
func (m *Backend) Uninstall(ctx context.Context, s *spec.Spec) error {
	before, err := m.show(ctx, s)
	if err != nil {
		return m.fail(s, nil, err)
	}
	if before["LoadState"] == "not-found" {
		return m.fail(s, spec.ErrNotInstalled, nil)
	}
	if !m.root && !m.user {
		return m.fail(s, spec.ErrAccessDenied, nil)
	}
	if err := m.owned(s, before); err != nil {
		return err
	}
	for _, do := range [...]string{"stop", "disable"} {
		if do == "stop" && before["ActiveState"] == "inactive" {
			continue // systemctl fails to stop a unit that can't be loaded
		}
		if _, err := m.ctl(ctx, do, unit(s)); err != nil {
			return m.fail(s, nil, err)
		}
	}
	if err := spec.RemoveFile(m.file(s)); err != nil {
		return m.fail(s, nil, err)
	}
	if _, err := m.ctl(ctx, "daemon-reload"); err != nil {
		return m.fail(s, nil, err)
	}
	m.ctl(ctx, "reset-failed", unit(s)) // returns an error unless the unit has failed
	if after, err := m.show(ctx, s); err == nil && after["FragmentPath"] != "" {
		return spec.Fail(spec.ErrForeign, spec.Errorf("systemd still has it from %s", after["FragmentPath"]), "remove what installed that file")
	}
	return nil
}

// Start starts the unit; systemctl waits for READY=1.
func (m *Backend) Start(ctx context.Context, s *spec.Spec) error {
	before, st, err := m.status(ctx, s)
	switch {
	case err != nil:
		return err
	case st.State == spec.Running:
		return m.fail(s, spec.ErrAlreadyRunning, nil)
	}
	return m.begin(ctx, s, before, "start")
}

// begin runs a systemctl command that returns when the unit is ready. before are the unit's
// properties before that.
func (m *Backend) begin(ctx context.Context, s *spec.Spec, before loaded, command string) error {
	const begun = "ExecMainStartTimestampMonotonic"
	_, err := m.ctl(ctx, command, unit(s))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return spec.Fail(nil, context.Cause(ctx), "the service continues to start")
	}
	// Ignore the exit code of an earlier run if systemd refused to start the unit.
	if now, showErr := m.show(ctx, s); showErr == nil && now[begun] != before[begun] {
		if st, _ := statusOf(now); st.ExitCode != 0 {
			err = spec.Errorf("exit code %d", st.ExitCode)
		}
	}
	return m.fail(s, spec.ErrStartFailed, err)
}

// Stop stops the unit.
func (m *Backend) Stop(ctx context.Context, s *spec.Spec) error {
	st, err := m.Status(ctx, s)
	switch {
	case err != nil:
		return err
	case st.State == spec.Stopped:
		return m.fail(s, spec.ErrNotRunning, nil)
	}
	if _, err := m.ctl(ctx, "stop", unit(s)); err != nil {
		if ctx.Err() != nil {
			return spec.Fail(nil, context.Cause(ctx), "the service continues to stop")
		}
		return m.fail(s, nil, err)
	}
	return nil
}

// Restart restarts the unit. Units that Requires= it are stopped and restarted by systemd in the
// same transaction.
func (m *Backend) Restart(ctx context.Context, s *spec.Spec) error {
	before, _, err := m.status(ctx, s)
	if err != nil {
		return err
	}
	m.addDependents(ctx, unit(s), &s.Dependents)
	if err := m.begin(ctx, s, before, "restart"); err != nil {
		return err
	}
	// A dependent may have failed while the unit was stopped.
	for _, name := range s.Dependents {
		if _, err := m.ctl(ctx, "start", name); err != nil {
			return spec.Fail(nil, err, name+" depends on the service and was running")
		}
	}
	return nil
}

// addDependents adds the running services that stop together with a unit; a service comes after
// those that it needs.
func (m *Backend) addDependents(ctx context.Context, of string, names *[]string) {
	out, err := m.ctl(ctx, "show", of, "--property=RequiredBy,BoundBy,RequisiteOf,ConsistsOf")
	if err != nil {
		return
	}
	for _, line := range strings.Split(out, "\n") {
		_, value, _ := strings.Cut(line, "=")
		for _, name := range strings.Fields(value) {
			if !strings.HasSuffix(name, ".service") || slices.Contains(*names, name) {
				continue
			}
			if _, err := m.ctl(ctx, "is-active", "--quiet", name); err == nil {
				*names = append(*names, name)
				m.addDependents(ctx, name, names)
			}
		}
	}
}

// Status returns the status of the unit.
func (m *Backend) Status(ctx context.Context, s *spec.Spec) (spec.Status, error) {
	_, st, err := m.status(ctx, s)
	return st, err
}

// status returns the properties of the unit, and its status.
func (m *Backend) status(ctx context.Context, s *spec.Spec) (props loaded, st spec.Status, err error) {
	if props, err = m.show(ctx, s); err != nil {
		hint := ""
		if m.user {
			if failed, ok := errors.AsType[*spec.Error](m.fail(s, nil, err)); ok {
				hint = failed.Hint
			}
		}
		return nil, st, spec.Fail(nil, err, hint)
	}
	st, ok := statusOf(props)
	if !ok {
		return nil, st, spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	return props, st, nil
}

// Program returns the path of the registered program.
func (m *Backend) Program(ctx context.Context, s *spec.Spec) (string, error) {
	props, err := m.show(ctx, s)
	if err != nil {
		return "", m.fail(s, nil, err)
	}
	if props["LoadState"] == "not-found" {
		return "", spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	if err := m.owned(s, props); err != nil {
		return "", err
	}
	return programOf(props["ExecStart"]), nil
}

// Kill kills the unit's processes.
func (m *Backend) Kill(ctx context.Context, s *spec.Spec) error {
	if _, err := m.ctl(ctx, "kill", "--signal=KILL", unit(s)); err != nil {
		return m.fail(s, nil, err)
	}
	return nil
}
