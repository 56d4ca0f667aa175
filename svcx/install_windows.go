package svcx

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

func (s scmClient) install(ctx context.Context, exe string) (changed []string, err error) {
	const op = "install"
	want, err := s.plan(exe)
	if err != nil {
		return nil, err
	}
	if want.account == "LocalSystem" {
		if err := checkTrust(exe); err != nil {
			return nil, s.fail(op, nil, err, "")
		}
	}
	h, err := s.openOrCreate(ctx, want)
	if err != nil {
		return nil, s.errno(op, err)
	}
	defer h.close()

	t := transaction{}
	defer func() { err = t.end(err) }()
	old, unknown := want.fresh(), map[string]bool{}
	if h.created {
		t.onUndo(func() error { return windows.DeleteService(h.service) })
		changed = append(changed, "created")
	} else if old, unknown, err = readPlan(h.service, s.Name); err != nil {
		return nil, s.errno(op, err)
	}
	done := map[string]bool{}
	for _, c := range want.changes(old, unknown) {
		if !done[c.call] {
			done[c.call] = true
			undo, err := s.apply(h.service, want, old, c.call)
			if err == windows.ERROR_INVALID_LEVEL {
				if h.created {
					changed = append(changed, c.what+": this system can't ("+c.call+")")
				}
				continue
			}
			if err != nil {
				return nil, s.errno(op, fmt.Errorf("%s: %w", c.call, err))
			}
			if !unknown[c.call] && (!h.created || c.call == callLogonRight) { // a new service is deleted as a whole
				t.onUndo(undo)
			}
		}
		if c.what != "" && !unknown[c.call] && !h.created {
			changed = append(changed, c.what)
		}
	}
	logs := cmp.Or(s.LogDir, defaultLogDir(SCM, s.Name, false, os.Getenv))
	made, err := makeLogDir(logs, want.account)
	if err != nil {
		return nil, s.fail(op, nil, fmt.Errorf("making %s: %w", logs, err), "")
	}
	if made {
		t.onUndo(func() error { return os.Remove(logs) })
	}
	return changed, s.afterInstall(ctx)
}

// apply makes one call of a plan and returns how to take it back.
func (s scmClient) apply(service windows.Handle, want, old *plan, call string) (undo func() error, err error) {
	if call == callLogonRight {
		return grantLogon(want.account)
	}
	return func() error { return set(service, old, want, call) }, set(service, want, old, call)
}

type installing struct {
	handle
	created bool
}

// openOrCreate opens the service with all rights, or creates it. A service that
// is being deleted may be gone in a moment.
func (s scmClient) openOrCreate(ctx context.Context, p *plan) (h installing, err error) {
	const rights = windows.SC_MANAGER_CONNECT | windows.SC_MANAGER_CREATE_SERVICE
	if h.manager, err = windows.OpenSCManager(nil, nil, rights); err != nil {
		return h, err
	}
	u := utf16s{}
	name, display, path, account := u.ptr(p.name), u.ptr(p.display), u.ptr(p.binaryPath), u.ptr(p.account)
	deps, password := u.list(p.dependencies), u.optional(p.password)
	if u.err != nil {
		h.close()
		return h, u.err
	}
	for limit := time.Now().Add(goneTimeout); ; {
		h.service, err = windows.OpenService(h.manager, name, windows.SERVICE_ALL_ACCESS)
		if err == windows.ERROR_SERVICE_DOES_NOT_EXIST {
			h.service, err = windows.CreateService(h.manager, name, display,
				windows.SERVICE_ALL_ACCESS, windows.SERVICE_WIN32_OWN_PROCESS, startNumber(p.start), windows.SERVICE_ERROR_NORMAL,
				path, nil, nil, deps, account, password)
			h.created = err == nil
		}
		if err == nil && !h.created {
			// A service that is being deleted can be opened, but not changed.
			const no = windows.SERVICE_NO_CHANGE
			err = windows.ChangeServiceConfig(h.service, no, no, no, nil, nil, nil, nil, nil, nil, nil)
		}
		if err == nil {
			return h, nil
		}
		if h.service != 0 {
			windows.CloseServiceHandle(h.service)
			h.service = 0
		}
		if err == windows.ERROR_SERVICE_MARKED_FOR_DELETE && time.Now().Before(limit) && pause(ctx, pollEvery(0)) == nil {
			continue
		}
		h.close()
		return h, err
	}
}

// set makes one call of a plan for a service that is as in was.
func set(service windows.Handle, p, was *plan, call string) error {
	u := utf16s{}
	level, info := uint32(0), unsafe.Pointer(nil)
	switch call {
	case callChange:
		// An account that stays keeps its password, unless there is another one.
		display, path, account := u.ptr(p.display), u.ptr(p.binaryPath), u.ptr(p.account)
		if p.password == "" && strings.EqualFold(p.account, was.account) {
			account = nil
		}
		deps, password := u.list(p.dependencies), u.optional(p.password)
		if u.err != nil {
			return u.err
		}
		return windows.ChangeServiceConfig(service, windows.SERVICE_WIN32_OWN_PROCESS, startNumber(p.start), windows.SERVICE_ERROR_NORMAL,
			path, nil, nil, deps, account, password, display)
	case callEnvironment:
		return setEnvironment(p)
	case callDescription:
		level, info = windows.SERVICE_CONFIG_DESCRIPTION, unsafe.Pointer(&windows.SERVICE_DESCRIPTION{Description: u.ptr(p.description)})
	case callDelayed:
		level, info = windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
			unsafe.Pointer(&windows.SERVICE_DELAYED_AUTO_START_INFO{IsDelayedAutoStartUp: number(p.start == DelayedAutomatic)})
	case callActions:
		actions := make([]windows.SC_ACTION, 0, len(p.actions)+1) // an empty list must not be NULL: that changes nothing
		for _, delay := range p.actions {
			actions = append(actions, windows.SC_ACTION{Type: windows.SC_ACTION_RESTART, Delay: uint32(delay.Milliseconds())})
		}
		level, info = windows.SERVICE_CONFIG_FAILURE_ACTIONS, unsafe.Pointer(&windows.SERVICE_FAILURE_ACTIONS{
			ResetPeriod: uint32(p.reset / time.Second), RebootMsg: u.ptr(""), Command: u.ptr(""),
			ActionsCount: uint32(len(actions)), Actions: unsafe.SliceData(actions)})
	case callFlag:
		level, info = windows.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
			unsafe.Pointer(&windows.SERVICE_FAILURE_ACTIONS_FLAG{FailureActionsOnNonCrashFailures: int32(number(p.failureFlag))})
	case callPreshutdown:
		ms := uint32(p.preshutdown.Milliseconds())
		level, info = windows.SERVICE_CONFIG_PRESHUTDOWN_INFO, unsafe.Pointer(&ms)
	case callSID:
		sid := [...]uint32{windows.SERVICE_SID_TYPE_NONE, windows.SERVICE_SID_TYPE_UNRESTRICTED, windows.SERVICE_SID_TYPE_RESTRICTED}[p.sid]
		level, info = windows.SERVICE_CONFIG_SERVICE_SID_INFO, unsafe.Pointer(&sid)
	case callPrivileges:
		list := u.list(p.privileges)
		level, info = windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, unsafe.Pointer(&list)
	default:
		return fmt.Errorf("svcx: no such call: %s", call)
	}
	if u.err != nil {
		return u.err
	}
	return windows.ChangeServiceConfig2(service, level, (*byte)(info))
}

func number(b bool) uint32 {
	if b {
		return 1
	}
	return 0
}

func startNumber(t StartType) uint32 {
	switch t {
	case Manual:
		return windows.SERVICE_DEMAND_START
	case Disabled:
		return windows.SERVICE_DISABLED
	}
	return windows.SERVICE_AUTO_START
}

func startType(n uint32) StartType {
	switch n {
	case windows.SERVICE_DEMAND_START:
		return Manual
	case windows.SERVICE_DISABLED:
		return Disabled
	}
	return Automatic
}
