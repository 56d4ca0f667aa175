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

// Install creates the service or makes the registered one what it should be.
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
		if err != nil {
			err = fail(err)
		} else {
			undo := spec.Undo{}
			changed, err = m.install(ctx, s, want, h, &undo)
			err = undo.End(err)
		}
		h.close()
		// A service that is being deleted may be gone in a moment.
		if !errors.Is(err, spec.ErrMarkedForDelete) || time.Now().After(limit) || spec.Pause(ctx, spec.PollEvery(0)) != nil {
			return changed, err
		}
	}
}

func (m *Backend) install(ctx context.Context, s *spec.Spec, want *plan, h installing, undo *spec.Undo) (changed []spec.Change, err error) {
	service := h.service
	old, unknown := want.fresh(), calls(0)
	if h.created {
		undo.Add(func() error { return wincall.DeleteService(service) })
		changed = append(changed, "created")
	} else {
		if _, err := m.owned(h.service, s); err != nil {
			return nil, err
		}
		if old, unknown, err = readPlan(h.service, s.Name); err != nil {
			return nil, fail(err)
		}
		// A service that is being deleted can be opened, but not changed. Wine would take an absent
		// list of dependencies for an empty one.
		const no = wincall.SERVICE_NO_CHANGE
		u := wincall.UTF16{}
		if err = wincall.ChangeServiceConfig(h.service, no, no, no, nil, u.List(old.dependencies), nil, nil, nil); err != nil {
			return nil, fail(err)
		}
		want.adopt(old)
	}
	last := call(0)
	for _, c := range want.changes(old, unknown) {
		known := !unknown.have(c.call)
		if c.call != last { // the changes by one call follow each other
			last = c.call
			back, err := m.apply(h.service, want, old, c.call)
			if err == wincall.ERROR_INVALID_LEVEL {
				if h.created {
					changed = append(changed, c.what+": this system can't ("+c.call.String()+")")
				}
				continue
			}
			if err != nil {
				return nil, fail(spec.Errorf("%s: %w", c.call.String(), err))
			}
			if known && (!h.created || c.call == callLogonRight) { // a new service is deleted as a whole
				undo.Add(back)
			}
		}
		if c.what != "" && known && !h.created {
			changed = append(changed, c.what)
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

// apply makes one call of a plan and returns how to take it back.
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

// openOrCreate opens the service with all rights, or creates it.
func openOrCreate(p *plan) (h installing, err error) {
	const rights = wincall.SC_MANAGER_CONNECT | wincall.SC_MANAGER_CREATE_SERVICE
	if h.manager, err = wincall.OpenSCManager(rights); err != nil {
		return h, err
	}
	u := wincall.UTF16{}
	name, display, path, account := u.Ptr(p.name), u.Ptr(p.display), u.Ptr(p.binaryPath), u.Ptr(p.account)
	deps, password := u.List(p.dependencies), u.Optional(p.password)
	if u.Err != nil {
		return h, u.Err
	}
	h.service, err = wincall.OpenService(h.manager, name, wincall.SERVICE_ALL_ACCESS)
	if err == wincall.ERROR_SERVICE_DOES_NOT_EXIST {
		h.service, err = wincall.CreateService(h.manager, name, display,
			wincall.SERVICE_ALL_ACCESS, wincall.SERVICE_WIN32_OWN_PROCESS, startNumber(p.start), wincall.SERVICE_ERROR_NORMAL,
			path, deps, account, password)
		h.created = err == nil
	}
	return h, err
}

// set makes one call of a plan for a service that is as in was.
func set(service syscall.Handle, p, was *plan, call call) error {
	u := wincall.UTF16{}
	info := unsafe.Pointer(nil)
	switch call {
	case callChange:
		// An account that stays keeps its password, unless there is another one.
		display, path, account := u.Ptr(p.display), u.Ptr(p.binaryPath), u.Ptr(p.account)
		if p.password == "" && sameAccount(p.account, was.account, os.Getenv("COMPUTERNAME")) {
			account = nil
		}
		deps, password := u.List(p.dependencies), u.Optional(p.password)
		if u.Err != nil {
			return u.Err
		}
		errorControl := uint32(wincall.SERVICE_NO_CHANGE)
		if p.kind != 0 {
			errorControl = p.errorControl
		}
		return wincall.ChangeServiceConfig(service, p.serviceType(), p.scmStartNumber(), errorControl,
			path, deps, account, password, display)
	case callEnvironment:
		return setEnvironment(p)
	case callDescription:
		text := u.Ptr(p.description)
		info = unsafe.Pointer(&text)
	case callDelayed:
		is := number(p.delayed)
		info = unsafe.Pointer(&is)
	case callActions:
		actions := make([]wincall.SC_ACTION, 0, len(p.actions)+1) // an empty list must not be NULL: that changes nothing
		for _, a := range p.actions {
			actions = append(actions, wincall.SC_ACTION{Type: a.kind, Delay: uint32(a.delay.Milliseconds())})
		}
		info = unsafe.Pointer(&wincall.SERVICE_FAILURE_ACTIONS{
			// No message and no command: what is set stays.
			ResetPeriod:  uint32(p.reset / time.Second),
			ActionsCount: uint32(len(actions)), Actions: unsafe.SliceData(actions)})
	case callFlag:
		is := number(p.failureFlag)
		info = unsafe.Pointer(&is)
	case callPreshutdown:
		ms := uint32(p.preshutdown.Milliseconds())
		info = unsafe.Pointer(&ms)
	case callSID:
		sid := [...]uint32{wincall.SERVICE_SID_TYPE_NONE, wincall.SERVICE_SID_TYPE_UNRESTRICTED, wincall.SERVICE_SID_TYPE_RESTRICTED}[p.sid]
		info = unsafe.Pointer(&sid)
	case callPrivileges:
		list := u.List(p.privileges)
		info = unsafe.Pointer(&list)
	}
	if u.Err != nil {
		return u.Err
	}
	return wincall.ChangeServiceConfig2(service, uint32(call), info)
}

func number(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func startNumber(t spec.StartType) uint32 {
	switch t {
	case spec.Manual:
		return wincall.SERVICE_DEMAND_START
	case spec.Disabled:
		return wincall.SERVICE_DISABLED
	}
	return wincall.SERVICE_AUTO_START
}

func startType(n uint32) spec.StartType {
	switch n {
	case wincall.SERVICE_DEMAND_START:
		return spec.Manual
	case wincall.SERVICE_DISABLED:
		return spec.Disabled
	}
	return spec.Automatic
}

// scmStartNumber returns the number of the start type, or the one that was read.
func (p *plan) scmStartNumber() uint32 {
	if p.exact {
		return p.startNumber
	}
	return startNumber(p.start)
}

// checkDrives refuses paths on drives that only the user's session has.
func checkDrives(s *spec.Spec) error {
	for _, path := range append([]string{s.Executable, s.Dir, s.LogDir}, s.Args...) {
		drive := driveOf(path)
		if drive == "" {
			continue
		}
		root, err := syscall.UTF16PtrFromString(drive + `\`)
		if err != nil {
			return err
		}
		if wincall.IsRemoteDrive(root) {
			return spec.Errorf(`svcx: %s: drive %s is a network drive of your session, which a service does not have: use the path of its server, \\server\share\…`, path, drive)
		}
	}
	return nil
}
