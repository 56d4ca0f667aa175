package svcx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// systemd manages a service through systemctl(1).
type systemd struct {
	service *Service
	root    bool   // this process may change the system's units
	dir     string // where unit files lie
	run     func(ctx context.Context, args ...string) (string, error)
}

func (m systemd) file() string { return filepath.Join(m.dir, m.service.Name+".service") }

func (m systemd) unit() string { return m.service.Name + ".service" }

// ctl runs systemctl for the system or the user.
func (m systemd) ctl(ctx context.Context, args ...string) (string, error) {
	if m.service.User {
		args = append([]string{"--user"}, args...)
	}
	return m.run(ctx, append([]string{"--no-ask-password"}, args...)...)
}

// fail makes an error of what systemctl said. Who is not root was denied,
// whatever it said.
func (m systemd) fail(op string, kind, err error) error {
	if !m.root && !m.service.User && (kind == nil || kind == ErrStartFailed) {
		return m.service.fail(op, ErrAccessDenied, err, "run it as root")
	}
	hint := ""
	if kind == ErrStartFailed {
		hint = "journalctl -u " + m.unit() + " says why"
	}
	return m.service.fail(op, kind, err, hint)
}

func (m systemd) install(ctx context.Context, exe string) (changed []string, err error) {
	const op = "install"
	s := m.service
	if !m.root && !s.User {
		return nil, m.fail(op, ErrAccessDenied, nil)
	}
	unit, err := s.unit(exe)
	if err != nil {
		return nil, err
	}
	if s.allRights() {
		if err := checkTrust(exe); err != nil {
			return nil, s.fail(op, nil, err, "")
		}
	}
	before, err := m.show(ctx)
	if err != nil {
		return nil, m.fail(op, nil, err)
	}
	t := transaction{}
	defer func() { err = t.end(err) }()

	written := false
	reload := func() error { _, err := m.ctl(context.WithoutCancel(ctx), "daemon-reload"); return err }
	t.onUndo(func() error { // the file is by then what it was
		if !written {
			return nil
		}
		return reload()
	})
	old, err := t.writeFile(m.file(), unit)
	if err != nil {
		return nil, m.fail(op, nil, err)
	}
	changed = changedLines(string(old), string(unit))
	if written = len(changed) > 0; written {
		if err := reload(); err != nil {
			return nil, m.fail(op, nil, err)
		}
	}
	enabled := before["UnitFileState"] == "enabled"
	if enable := s.StartType == Automatic || s.StartType == DelayedAutomatic; enable != enabled {
		do, undo := "enable", "disable"
		if !enable {
			do, undo = undo, do
		}
		if _, err := m.ctl(ctx, do, m.unit()); err != nil {
			return nil, m.fail(op, nil, err)
		}
		t.onUndo(func() error { _, err := m.ctl(context.WithoutCancel(ctx), undo, m.unit()); return err })
		changed = append(changed, do+"d")
	}
	return changed, s.afterInstall(ctx)
}

func (m systemd) uninstall(ctx context.Context) error {
	const op = "uninstall"
	before, err := m.show(ctx)
	if err != nil {
		return m.fail(op, nil, err)
	}
	if before["LoadState"] == "not-found" {
		return m.fail(op, ErrNotInstalled, nil)
	}
	if !m.root && !m.service.User {
		return m.fail(op, ErrAccessDenied, nil)
	}
	for _, args := range [][]string{{"stop", m.unit()}, {"disable", m.unit()}} {
		if _, err := m.ctl(ctx, args...); err != nil {
			return m.fail(op, nil, err)
		}
	}
	if err := removeFile(m.file()); err != nil {
		return m.fail(op, nil, err)
	}
	if _, err := m.ctl(ctx, "daemon-reload"); err != nil {
		return m.fail(op, nil, err)
	}
	m.ctl(ctx, "reset-failed", m.unit()) // fails if it has not failed
	return nil
}

func (m systemd) start(ctx context.Context) error {
	const op = "start"
	st, err := m.status(ctx)
	switch {
	case err != nil:
		return err
	case st.State == Running:
		return m.fail(op, ErrAlreadyRunning, nil)
	}
	if _, err := m.ctl(ctx, "start", m.unit()); err != nil {
		if ctx.Err() != nil {
			return m.service.fail(op, nil, context.Cause(ctx), "the service goes on starting")
		}
		if st, statusErr := m.status(ctx); statusErr == nil && st.ExitCode != 0 {
			err = fmt.Errorf("exit code %d", st.ExitCode)
		}
		return m.fail(op, ErrStartFailed, err)
	}
	return nil
}

func (m systemd) stop(ctx context.Context) error {
	const op = "stop"
	st, err := m.status(ctx)
	switch {
	case err != nil:
		return err
	case st.State == Stopped:
		return m.fail(op, ErrNotRunning, nil)
	}
	if _, err := m.ctl(ctx, "stop", m.unit()); err != nil {
		if ctx.Err() != nil {
			return m.service.fail(op, nil, context.Cause(ctx), "the service goes on stopping")
		}
		return m.fail(op, nil, err)
	}
	return nil
}

func (m systemd) status(ctx context.Context) (Status, error) {
	props, err := m.show(ctx)
	if err != nil {
		return Status{}, m.service.fail("status", nil, err, "")
	}
	st, ok := systemdStatus(props)
	if !ok {
		return Status{}, m.service.fail("status", ErrNotInstalled, nil, "install it first")
	}
	return st, nil
}

func (m systemd) show(ctx context.Context) (map[string]string, error) {
	out, err := m.ctl(ctx, "show", m.unit(), "--property=LoadState,ActiveState,MainPID,ExecMainCode,ExecMainStatus,UnitFileState,RefuseManualStart")
	if err != nil {
		return nil, err
	}
	props := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		props[name] = value
	}
	if props["LoadState"] == "" {
		return nil, fmt.Errorf("systemctl show: %w: no LoadState in %q", errors.ErrUnsupported, out)
	}
	return props, nil
}

// systemdStatus makes a status of what systemctl show prints; false: there is
// no such unit.
func systemdStatus(props map[string]string) (st Status, ok bool) {
	if props["LoadState"] == "not-found" {
		return Status{}, false
	}
	st.State = cmp.Or(map[string]State{
		"active": Running, "reloading": Running, "activating": StartPending, "deactivating": StopPending,
	}[props["ActiveState"]], Stopped)
	st.PID, _ = strconv.Atoi(props["MainPID"])
	st.ExitCode, _ = strconv.Atoi(props["ExecMainStatus"])
	if code := props["ExecMainCode"]; code == "2" || code == "3" { // CLD_KILLED, CLD_DUMPED
		st.ExitCode += 128
	}
	switch {
	case props["RefuseManualStart"] == "yes":
		st.Start = Disabled
	case props["UnitFileState"] != "enabled":
		st.Start = Manual
	}
	return st, true
}
