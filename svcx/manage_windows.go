package svcx

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// scmClient registers a service with the SCM.
type scmClient struct{ *Service }

func (s *Service) registrar(op string) (registrar, error) {
	if err := s.checkName(); err != nil {
		return nil, err
	}
	if s.User {
		return nil, s.fail(op, errors.ErrUnsupported, nil, "Windows has no services of a user: leave Service.User unset")
	}
	return scmClient{s}, nil
}

// handle is an open service and the manager it belongs to.
type handle struct{ manager, service windows.Handle }

func (h handle) close() {
	for _, x := range [...]windows.Handle{h.service, h.manager} {
		if x != 0 {
			windows.CloseServiceHandle(x)
		}
	}
}

// open opens the service with no more rights than it asks for.
func (s scmClient) open(op string, rights uint32) (h handle, err error) {
	if h.manager, err = windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT); err != nil {
		return h, s.errno(op, err)
	}
	name, err := windows.UTF16PtrFromString(s.Name)
	if err == nil {
		h.service, err = windows.OpenService(h.manager, name, rights)
	}
	if err != nil {
		h.close()
		return handle{}, s.errno(op, err)
	}
	return h, nil
}

// errno makes an error of what the SCM answered; nil for nil.
func (s scmClient) errno(op string, err error) error {
	if err == nil {
		return nil
	}
	errno, _ := errors.AsType[windows.Errno](err)
	hint, kind := explainErrno(uint32(errno))
	return s.fail(op, kind, err, hint)
}

func queryStatus(service windows.Handle) (st windows.SERVICE_STATUS_PROCESS, err error) {
	var need uint32
	err = windows.QueryServiceStatusEx(service, windows.SC_STATUS_PROCESS_INFO,
		(*byte)(unsafe.Pointer(&st)), uint32(unsafe.Sizeof(st)), &need)
	return st, err
}

func (s scmClient) status(context.Context) (Status, error) {
	h, err := s.open("status", windows.SERVICE_QUERY_STATUS|windows.SERVICE_QUERY_CONFIG)
	if err != nil {
		return Status{}, err
	}
	defer h.close()
	st, err := queryStatus(h.service)
	if err != nil {
		return Status{}, s.errno("status", err)
	}
	p, _, err := readPlan(h.service, s.Name)
	if err != nil {
		return Status{}, s.errno("status", err)
	}
	return Status{State: State(st.CurrentState), PID: int(st.ProcessId), Start: p.start,
		ExitCode: windowsExit(st.Win32ExitCode, st.ServiceSpecificExitCode)}, nil
}

func (s scmClient) start(ctx context.Context) error {
	const op = "start"
	h, err := s.open(op, windows.SERVICE_START|windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return err
	}
	defer h.close()
	if err := windows.StartService(h.service, 0, nil); err != nil {
		return s.errno(op, err)
	}
	st, err := s.await(ctx, op, h.service, windows.SERVICE_START_PENDING)
	if err != nil {
		return err
	}
	if st.CurrentState == windows.SERVICE_STOPPED {
		code := windowsExit(st.Win32ExitCode, st.ServiceSpecificExitCode)
		if code == 0 {
			return nil // its work was short
		}
		return s.fail(op, ErrStartFailed, fmt.Errorf("exit code %d", code), "its log and crash.log say why")
	}
	return nil
}

// await waits until the service has left the state from. It gives up on one
// that makes no progress, as the sample "Starting a Service" does, but not
// before patience is over.
func (s scmClient) await(ctx context.Context, op string, service windows.Handle, from uint32) (windows.SERVICE_STATUS_PROCESS, error) {
	checkpoint, since := uint32(0), time.Now()
	for {
		st, err := queryStatus(service)
		if err != nil {
			return st, s.errno(op, err)
		}
		if st.CurrentState != from {
			return st, nil
		}
		hint := time.Duration(st.WaitHint) * time.Millisecond
		if st.CheckPoint != checkpoint {
			checkpoint, since = st.CheckPoint, time.Now()
		}
		if time.Since(since) > max(patience, 2*hint) {
			err = fmt.Errorf("no progress for %v", time.Since(since).Round(time.Second))
		} else {
			err = pause(ctx, pollEvery(hint))
		}
		if err != nil {
			return st, s.fail(op, nil, err, "the service is still "+State(st.CurrentState).String())
		}
	}
}

// patience is for services that give no hint, and for busy machines.
var patience = 30 * time.Second

func (s scmClient) stop(ctx context.Context) error {
	const op = "stop"
	h, err := s.open(op, windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS|windows.SERVICE_ENUMERATE_DEPENDENTS)
	if err != nil {
		return err
	}
	defer h.close()
	return s.stopOpen(ctx, op, h)
}

// stopOpen stops the service that h has open, and first those that depend on it.
func (s scmClient) stopOpen(ctx context.Context, op string, h handle) error {
	names, err := dependents(h.service)
	if err != nil {
		return s.errno(op, err)
	}
	for _, name := range names { // in the order in which they must be stopped
		if err := (scmClient{&Service{Name: name}}).stop(ctx); err != nil && !errors.Is(err, ErrNotRunning) {
			return err
		}
	}
	// A service that still starts can't be asked.
	if _, err := s.await(ctx, op, h.service, windows.SERVICE_START_PENDING); err != nil {
		return err
	}
	var st windows.SERVICE_STATUS
	if err := windows.ControlService(h.service, windows.SERVICE_CONTROL_STOP, &st); err != nil {
		now, _ := queryStatus(h.service)
		stops := now.CurrentState == windows.SERVICE_STOP_PENDING || now.CurrentState == windows.SERVICE_STOPPED
		if err != windows.ERROR_SERVICE_CANNOT_ACCEPT_CTRL || !stops {
			return s.errno(op, err)
		}
		st.CurrentState = now.CurrentState // someone else has asked
	}
	for st.CurrentState != windows.SERVICE_STOPPED {
		now, err := s.await(ctx, op, h.service, st.CurrentState)
		if err != nil {
			return err
		}
		st.CurrentState = now.CurrentState
	}
	return nil
}

// dependents returns the running services that depend on one.
func dependents(service windows.Handle) (names []string, err error) {
	for size := uint32(4 << 10); ; {
		buf := make([]windows.ENUM_SERVICE_STATUS, size/uint32(unsafe.Sizeof(windows.ENUM_SERVICE_STATUS{}))+1)
		size = uint32(len(buf)) * uint32(unsafe.Sizeof(buf[0]))
		var need, count uint32
		err := windows.EnumDependentServices(service, windows.SERVICE_ACTIVE, &buf[0], size, &need, &count)
		if err == windows.ERROR_MORE_DATA && need > size {
			size = need
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, s := range buf[:count] {
			names = append(names, windows.UTF16PtrToString(s.ServiceName))
		}
		return names, nil
	}
}

func (s scmClient) uninstall(ctx context.Context) error {
	const op = "uninstall"
	const deleteRight = 0x10000 // DELETE
	h, err := s.open(op, deleteRight|windows.SERVICE_STOP|windows.SERVICE_QUERY_STATUS|windows.SERVICE_ENUMERATE_DEPENDENTS)
	if err != nil {
		return err
	}
	err = s.stopOpen(ctx, op, h)
	if errors.Is(err, ErrNotRunning) {
		err = nil
	}
	if err == nil {
		err = s.errno(op, windows.DeleteService(h.service))
	}
	h.close() // it stays until the last handle is closed, ours included
	if err != nil {
		return err
	}
	limit := time.Now().Add(goneTimeout)
	for {
		h, err := s.open(op, windows.SERVICE_QUERY_STATUS)
		if errors.Is(err, ErrNotInstalled) {
			return nil
		}
		if err != nil && !errors.Is(err, ErrMarkedForDelete) {
			return err
		}
		h.close()
		if time.Now().After(limit) {
			return s.errno(op, windows.ERROR_SERVICE_MARKED_FOR_DELETE)
		}
		if err := pause(ctx, pollEvery(0)); err != nil {
			return s.fail(op, ErrMarkedForDelete, err, "")
		}
	}
}

// goneTimeout is how long others may hold a service open that is deleted.
var goneTimeout = 10 * time.Second
