// Package systemd registers services with systemd.
package systemd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Backend controls services through systemctl(1). Call Open first.
type Backend struct {
	root bool   // this process may change the system's units
	user bool   // it is the user's systemd, not the system's
	dir  string // where unit files lie
	run  func(ctx context.Context, args ...string) (string, error)
}

func unit(s *spec.Spec) string { return s.Name + ".service" }

func (m *Backend) file(s *spec.Spec) string { return filepath.Join(m.dir, unit(s)) }

// ctl runs systemctl for the system or the user.
func (m *Backend) ctl(ctx context.Context, args ...string) (string, error) {
	if m.user {
		args = append([]string{"--user"}, args...)
	}
	return m.run(ctx, append([]string{"--no-ask-password"}, args...)...)
}

// fail makes an error of what systemctl said. For a non-root caller every
// failure is ErrAccessDenied, whatever systemctl printed.
func (m *Backend) fail(s *spec.Spec, kind, err error) error {
	if !m.root && !m.user && (kind == nil || kind == spec.ErrStartFailed) {
		return spec.Fail(spec.ErrAccessDenied, err, "run it as root")
	}
	hint := ""
	switch {
	case kind == spec.ErrStartFailed:
		hint = "journalctl -u " + unit(s) + " says why"
		if m.user {
			hint = "journalctl --user -u " + unit(s) + " says why"
		} else {
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

// noBus reports whether systemctl found no bus of the user's.
func noBus(text string) bool {
	return strings.Contains(text, "No medium found") || strings.Contains(text, "XDG_RUNTIME_DIR") ||
		strings.Contains(text, "Failed to connect to bus") || strings.Contains(text, "Failed to connect to user scope bus")
}

// loaded is what systemd has under a unit's name.
type loaded map[string]string

// owned returns an error if Install or Uninstall must leave the unit alone: it is
// masked, or it is another program's. exe is the service's program.
func (m *Backend) owned(s *spec.Spec, props loaded) error {
	if props["LoadState"] == "not-found" {
		return nil
	}
	path := props["FragmentPath"]
	masked := props["LoadState"] == "masked" || props["UnitFileState"] == "masked" || props["UnitFileState"] == "masked-runtime" || path == "/dev/null"
	if fi, err := os.Lstat(m.file(s)); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		target, _ := os.Readlink(m.file(s))
		masked = masked || target == "/dev/null"
	} else if err == nil && fi.Size() == 0 {
		masked = true
	}
	if masked {
		scope := ""
		if m.user {
			scope = "--user "
		}
		return spec.Fail(nil, errors.New("the unit is masked"), "somebody has forbidden it; systemctl "+scope+"unmask "+unit(s)+" allows it again")
	}
	if s.Force {
		return nil
	}
	if path != "" && filepath.Dir(path) != filepath.Clean(m.dir) {
		return spec.Fail(spec.ErrForeign, fmt.Errorf("systemd has it from %s", path), "choose another Service.Name, remove what installed that file, or use --force")
	}
	text, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // made without a file: it ends with its process
	}
	if err != nil {
		return m.fail(s, nil, err)
	}
	if !isOurs(text, s.Name, s.Executable) {
		return spec.Fail(spec.ErrForeign, fmt.Errorf("%s runs another program", m.file(s)), "choose another Service.Name, or replace that unit by --force")
	}
	return nil
}

// isOurs reports whether the unit file was written by Install, or runs exe.
func isOurs(text []byte, name, exe string) bool {
	if bytes.Contains(text, []byte(directories(name))) {
		return true
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, "="); ok && strings.TrimSpace(key) == "ExecStart" {
			value = strings.TrimLeft(strings.TrimSpace(value), "@-:+!")
			for _, form := range [...]string{exe, escapeSpecifiers(exe), quote(escapeSpecifiers(exe)), strconv.Quote(exe)} {
				if rest, ok := strings.CutPrefix(value, form); ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t') {
					return true
				}
			}
		}
	}
	return false
}

// Install writes the unit's file and enables the unit.
func (m *Backend) Install(ctx context.Context, s *spec.Spec) (changed []spec.Change, err error) {
	if !m.root && !m.user {
		return nil, m.fail(s, spec.ErrAccessDenied, nil)
	}
	text, err := Render(s)
	if err != nil {
		return nil, err
	}
	if err := s.CheckTrust(); err != nil {
		return nil, &spec.Error{Err: err}
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

	written := false
	reload := func() error { _, err := m.ctl(context.WithoutCancel(ctx), "daemon-reload"); return err }
	undo.Add(func() error { // the file is by then what it was
		if !written {
			return nil
		}
		return reload()
	})
	old, err := undo.WriteFile(m.file(s), text, 0o644)
	if err != nil {
		return nil, m.fail(s, nil, err)
	}
	changed = spec.ChangedLines(string(old), string(text))
	if written = len(changed) > 0; written {
		if err := reload(); err != nil {
			return nil, m.fail(s, nil, err)
		}
	}
	if enabled := before["UnitFileState"] == "enabled"; s.StartType.AtBoot() != enabled {
		do, back := "enable", "disable"
		if enabled {
			do, back = back, do
		}
		if _, err := m.ctl(ctx, do, unit(s)); err != nil {
			return nil, m.fail(s, nil, err)
		}
		undo.Add(func() error { _, err := m.ctl(context.WithoutCancel(ctx), back, unit(s)); return err })
		changed = append(changed, spec.Change(do+"d"))
	}
	return changed, s.Installed(ctx)
}

// Uninstall stops and disables the unit and removes its file.
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
	for _, args := range [][]string{{"stop", unit(s)}, {"disable", unit(s)}} {
		if _, err := m.ctl(ctx, args...); err != nil {
			return m.fail(s, nil, err)
		}
	}
	if err := spec.RemoveFile(m.file(s)); err != nil {
		return m.fail(s, nil, err)
	}
	if _, err := m.ctl(ctx, "daemon-reload"); err != nil {
		return m.fail(s, nil, err)
	}
	m.ctl(ctx, "reset-failed", unit(s)) // fails if it has not failed
	if after, err := m.show(ctx, s); err == nil && after["FragmentPath"] != "" {
		return spec.Fail(spec.ErrForeign, fmt.Errorf("systemd still has it from %s", after["FragmentPath"]), "remove what installed that file")
	}
	return nil
}

// Start starts the unit; systemctl waits for READY=1.
func (m *Backend) Start(ctx context.Context, s *spec.Spec) error {
	st, err := m.Status(ctx, s)
	switch {
	case err != nil:
		return err
	case st.State == spec.Running:
		return m.fail(s, spec.ErrAlreadyRunning, nil)
	}
	return m.begin(ctx, s, "start")
}

// begin runs a command that ends when the unit is ready.
func (m *Backend) begin(ctx context.Context, s *spec.Spec, command string) error {
	_, err := m.ctl(ctx, command, unit(s))
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return spec.Fail(nil, context.Cause(ctx), "the service goes on starting")
	}
	if st, statusErr := m.Status(ctx, s); statusErr == nil && st.ExitCode != 0 {
		err = fmt.Errorf("exit code %d", st.ExitCode)
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
			return spec.Fail(nil, context.Cause(ctx), "the service goes on stopping")
		}
		return m.fail(s, nil, err)
	}
	return nil
}

// Restart restarts the unit. A unit that Requires= it is stopped with it, and
// systemd restarts that one, too, in the same transaction.
func (m *Backend) Restart(ctx context.Context, s *spec.Spec) error {
	if _, err := m.Status(ctx, s); err != nil {
		return err
	}
	dependents := m.activeDependents(ctx, s)
	if err := m.begin(ctx, s, "restart"); err != nil {
		return err
	}
	// A dependent may have failed while its requirement was away.
	for _, name := range dependents {
		if _, err := m.ctl(ctx, "start", name); err != nil {
			return spec.Fail(nil, err, name+" depends on the service and was running")
		}
	}
	return nil
}

// activeDependents returns the units that require s and run now.
func (m *Backend) activeDependents(ctx context.Context, s *spec.Spec) (names []string) {
	out, err := m.ctl(ctx, "show", unit(s), "--property=RequiredBy,BoundBy,RequisiteOf")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(out) {
		_, value, _ := strings.Cut(line, "=")
		for _, name := range strings.Fields(value) {
			if _, err := m.ctl(ctx, "is-active", "--quiet", name); err == nil && strings.HasSuffix(name, ".service") && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Status returns what systemd knows of the unit.
func (m *Backend) Status(ctx context.Context, s *spec.Spec) (spec.Status, error) {
	props, err := m.show(ctx, s)
	if err != nil {
		hint := ""
		if m.user {
			var failed *spec.Error
			if errors.As(m.fail(s, nil, err), &failed) {
				hint = failed.Hint
			}
		}
		return spec.Status{}, spec.Fail(nil, err, hint)
	}
	st, ok := statusOf(props)
	if !ok {
		return spec.Status{}, spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	return st, nil
}

func (m *Backend) show(ctx context.Context, s *spec.Spec) (loaded, error) {
	out, err := m.ctl(ctx, "show", unit(s), "--property=LoadState,ActiveState,MainPID,ExecMainCode,ExecMainStatus,UnitFileState,RefuseManualStart,FragmentPath,ExecStart")
	if err != nil {
		return nil, err
	}
	props := loaded{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		props[name] = value
	}
	if props["LoadState"] == "" {
		return nil, fmt.Errorf("systemctl show: %w: no LoadState in %q", errors.ErrUnsupported, out)
	}
	return props, nil
}

// statusOf makes a status of what systemctl show prints; false: there is no such
// unit.
func statusOf(props loaded) (st spec.Status, ok bool) {
	if props["LoadState"] == "not-found" {
		return spec.Status{}, false
	}
	st.State = cmp.Or(map[string]spec.State{
		"active": spec.Running, "reloading": spec.Running, "activating": spec.StartPending, "deactivating": spec.StopPending,
	}[props["ActiveState"]], spec.Stopped)
	st.PID, _ = strconv.Atoi(props["MainPID"])
	st.ExitCode, _ = strconv.Atoi(props["ExecMainStatus"])
	if code := props["ExecMainCode"]; code == "2" || code == "3" { // CLD_KILLED, CLD_DUMPED
		st.ExitCode += 128
	}
	switch {
	case props["RefuseManualStart"] == "yes" || props["LoadState"] == "masked":
		st.Start = spec.Disabled
	case props["UnitFileState"] != "enabled":
		st.Start = spec.Manual
	}
	return st, true
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

// programOf reads the path out of a property ExecStart, as systemctl shows it.
func programOf(execStart string) string {
	_, path, _ := strings.Cut(execStart, "path=")
	path, _, _ = strings.Cut(path, " ; argv[]=")
	return path
}

// Kill ends the unit's processes.
func (m *Backend) Kill(ctx context.Context, s *spec.Spec) error {
	if _, err := m.ctl(ctx, "kill", "--signal=KILL", unit(s)); err != nil {
		return m.fail(s, nil, err)
	}
	return nil
}
