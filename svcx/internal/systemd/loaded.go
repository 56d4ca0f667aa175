package systemd

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// owned returns an error if Install and Uninstall must not change the unit because it is masked or
// belongs to another program. props are its properties.
func (m *Backend) owned(s *spec.Spec, props loaded) error {
	load, file, path := props["LoadState"], props["UnitFileState"], props["FragmentPath"]
	if load == "not-found" {
		return nil
	}
	masked := load == "masked" || file == "masked" || file == "masked-runtime" || path == "/dev/null"
	if fi, err := os.Lstat(m.file(s)); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
		target, _ := os.Readlink(m.file(s))
		masked = masked || target == "/dev/null"
	} else if err == nil && fi.Size() == 0 {
		masked = true
	}
	if masked {
		scope, runtime := "", ""
		if m.user {
			scope = "--user "
		}
		if file == "masked-runtime" {
			runtime = "--runtime "
		}
		return spec.Fail(nil, errors.New("the unit is masked"), "an administrator has forbidden it; systemctl "+scope+"unmask "+runtime+unit(s)+" allows it again")
	}
	if s.Force {
		return nil
	}
	if path != "" && filepath.Dir(path) != filepath.Clean(m.dir) {
		return spec.Fail(spec.ErrForeign, spec.Errorf("systemd has it from %s", path), "choose another Service.Name, remove what installed that file, or use --force")
	}
	text, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a transient unit, which disappears when its process ends
	}
	if err != nil {
		return m.fail(s, nil, err)
	}
	if !isOurs(text, s.Name, s.Executable) {
		return spec.Fail(spec.ErrForeign, spec.Errorf("%s runs another program", m.file(s)), "choose another Service.Name, or replace that unit by --force")
	}
	return nil
}

// isOurs reports whether the unit file was written by Install, or runs exe.
func isOurs(text []byte, name, exe string) bool {
	if bytes.Contains(text, []byte(directories(name))) {
		return true
	}
	for _, line := range strings.Split(string(text), "\n") {
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

func (m *Backend) show(ctx context.Context, s *spec.Spec) (loaded, error) {
	if err := checkName(s); err != nil {
		return nil, err
	}
	out, err := m.ctl(ctx, "show", unit(s), "--property=LoadState,ActiveState,MainPID,ExecMainCode,ExecMainStatus,UnitFileState,RefuseManualStart,FragmentPath,ExecStart,ExecMainStartTimestampMonotonic")
	if err != nil {
		return nil, err
	}
	props := loaded{}
	for _, line := range strings.Split(out, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		props[name] = value
	}
	if props["LoadState"] == "" {
		return nil, spec.Errorf("systemctl show: %w: no LoadState in %q", errors.ErrUnsupported, out)
	}
	return props, nil
}

// statusOf converts the output of systemctl show to a status. ok is false if there is no such unit.
func statusOf(props loaded) (st spec.Status, ok bool) {
	if props["LoadState"] == "not-found" {
		return spec.Status{}, false
	}
	switch props["ActiveState"] {
	case "active", "reloading":
		st.State = spec.Running
	case "activating":
		st.State = spec.StartPending
	case "deactivating":
		st.State = spec.StopPending
	default:
		st.State = spec.Stopped
	}
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

// programOf returns the path in an ExecStart property, as printed by systemctl show.
func programOf(execStart string) string {
	_, path, _ := strings.Cut(execStart, "path=")
	path, _, _ = strings.Cut(path, " ; argv[]=")
	return path
}
