package winsvc

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Install creates the service or brings its registration up to date.
func (m *Backend) Install(ctx context.Context, s *spec.Spec) (changed []spec.Change, err error) {
	want, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	if err := checkDrives(s); err != nil {
		return nil, err
	}
	if err := s.CheckTrust(); err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	for limit := time.Now().Add(goneTimeout); ; {
		h, err := openOrCreate(want)
		if err == nil {
			undo := spec.Undo{}
			changed, err = m.install(ctx, s, want, h, &undo)
			err = undo.End(err)
			h.close()
		} else {
			err = m.denied(s, err)
		}
		// A service that is marked for deletion may be gone in a moment.
		if !errors.Is(err, spec.ErrMarkedForDelete) || time.Until(limit) < 0 || spec.Pause(ctx, spec.PollEvery(0)) != nil {
			return changed, err
		}
	}
}

func (m *Backend) install(ctx context.Context, s *spec.Spec, want *plan, h installing, undo *spec.Undo) (changed []spec.Change, err error) {
	service := h.service
	var old *plan
	var unknown calls
	if h.created {
		undo.Add(func() error { return wincall.DeleteService(service) })
		changed = []spec.Change{"created"}
	} else {
		if _, err := m.owned(h.service, s); err != nil {
			return nil, err
		}
		if old, unknown, err = readPlan(h.service, s.Name); err != nil {
			return nil, fail(err)
		}
		// Fail early if the service is marked for deletion: it can be opened, but not changed. Pass
		// the dependencies because Wine treats an absent list as an empty one.
		const no = wincall.SERVICE_NO_CHANGE
		u := wincall.UTF16{}
		if err = wincall.ChangeServiceConfig(h.service, no, no, no, nil, u.List(old.dependencies), nil, nil, nil); err != nil {
			return nil, fail(err)
		}
		want.adopt(old)
	}
	last := call(0)
	for _, c := range want.changes(old, unknown) {
		known, what := !unknown.have(c.call), c.what
		if h.created || !known {
			what = ""
		}
		if c.call != last { // changes made by the same call are adjacent
			last = c.call
			back, err := m.apply(h.service, want, old, c.call)
			switch {
			case err == wincall.ERROR_INVALID_LEVEL && h.created:
				what = c.what + ": this system can't (" + c.call.String() + ")"
			case err == wincall.ERROR_INVALID_LEVEL:
				what = ""
			case err != nil:
				return nil, fail(spec.Errorf("%s: %w", c.call.String(), err))
			case known && (!h.created || c.call == callLogonRight): // to undo, a new service is deleted as a whole
				undo.Add(back)
			}
		}
		if what != "" {
			changed = append(changed, what)
		}
	}
	back, err := setMark(s.Name)
	if err != nil {
		return nil, fail(err)
	}
	if back != nil && !h.created {
		undo.Add(back)
	}
	logs := logDir(s)
	made, err := makeLogDir(logs, want.account)
	if err != nil {
		return nil, spec.Fail(nil, spec.Errorf("making %s: %w", logs, err), "")
	}
	if made {
		undo.Add(func() error { return os.Remove(logs) })
	}
	return changed, s.Installed(ctx)
}

// apply makes one call of a plan. undo reverts it.
func (m *Backend) apply(service syscall.Handle, want, old *plan, call call) (undo func() error, err error) {
	if call == callLogonRight {
		return grantLogon(want.account)
	}
	return func() error { return set(service, old.raw(), want, call) }, set(service, want, old, call)
}

type installing struct {
	handle
	created bool
}

// openOrCreate opens the service with all rights, or creates it if it does not exist.
func openOrCreate(p *plan) (h installing, err error) {
	h.handle, err = open(p.name, wincall.SERVICE_ALL_ACCESS)
	if errors.Is(err, spec.ErrNotInstalled) {
		h.handle, err = create(p)
		h.created = err == nil
	}
	return h, err
}

func create(p *plan) (h handle, err error) {
	u := wincall.UTF16{}
	name, display, path, account := u.Ptr(p.name), u.Ptr(p.display), u.Ptr(p.binaryPath), u.Ptr(p.account)
	deps, password := u.List(p.dependencies), u.Optional(p.password)
	if err = u.Err; err == nil {
		h.manager, err = wincall.OpenSCManager(wincall.SC_MANAGER_CONNECT | wincall.SC_MANAGER_CREATE_SERVICE)
	}
	if err == nil {
		h.service, err = wincall.CreateService(h.manager, name, display, wincall.SERVICE_ALL_ACCESS, p.kind, p.start, p.errorControl,
			path, deps, account, password)
	}
	return h, fail(err)
}

// set makes one call of plan p for a service whose current plan is was.
func set(service syscall.Handle, p, was *plan, call call) error {
	u := wincall.UTF16{}
	info := unsafe.Pointer(nil)
	switch call {
	case callChange:
		// An unchanged account keeps its password, unless a new one is given.
		display, path, account := u.Ptr(p.display), u.Ptr(p.binaryPath), u.Ptr(p.account)
		if p.password == "" && sameAccount(p.account, was.account, os.Getenv("COMPUTERNAME")) {
			account = nil
		}
		deps, password := u.List(p.dependencies), u.Optional(p.password)
		if u.Err != nil {
			return u.Err
		}
		return wincall.ChangeServiceConfig(service, p.kind, p.start, p.errorControl, path, deps, account, password, display)
	case callEnvironment:
		v := value(p.name, "Environment")
		if len(p.environment) > 0 {
			return v.SetStrings(p.environment)
		}
		if err := v.Delete(); err != syscall.ERROR_FILE_NOT_FOUND {
			return err
		}
		return nil
	case callDescription:
		text := u.Ptr(p.description)
		info = unsafe.Pointer(&text)
	case callActions:
		// Leave out the reboot message and the command, so that they stay as set. An empty list
		// must not be NULL, which would leave the actions unchanged.
		actions := append(p.actions, action{})
		info = unsafe.Pointer(&wincall.SERVICE_FAILURE_ACTIONS{ResetPeriod: p.reset,
			ActionsCount: uint32(len(p.actions)), Actions: (*wincall.SC_ACTION)(unsafe.Pointer(&actions[0]))})
	case callPrivileges:
		list := u.List(p.privileges)
		info = unsafe.Pointer(&list)
	default:
		info = unsafe.Pointer(&p.numbers[call])
	}
	if u.Err != nil {
		return u.Err
	}
	return wincall.ChangeServiceConfig2(service, uint32(call), info)
}

// checkDrives rejects paths on drives that exist only in the user's session.
func checkDrives(s *spec.Spec) error {
	for _, path := range append([]string{s.Executable, s.Dir, s.LogDir}, s.Args...) {
		drive := driveOf(path)
		if drive == "" {
			continue
		}
		if wincall.IsRemoteDrive(drive[0]) {
			return spec.Errorf(`svcx: %s: drive %s is a network drive of your session, which a service does not have: use the path of its server, \\server\share\…`, path, drive)
		}
	}
	return nil
}
