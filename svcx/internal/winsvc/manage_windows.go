package winsvc

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// handle is an open service and the SCM handle that it was opened with.
type handle struct{ manager, service syscall.Handle }

func (h handle) close() {
	for _, x := range [...]syscall.Handle{h.service, h.manager} {
		if x != 0 {
			wincall.CloseServiceHandle(x)
		}
	}
}

// open opens the service with the given rights only.
func open(service string, rights uint32) (h handle, err error) {
	if h.manager, err = wincall.OpenSCManager(wincall.SC_MANAGER_CONNECT); err != nil {
		return h, fail(err)
	}
	name, err := syscall.UTF16PtrFromString(service)
	if err == nil {
		h.service, err = wincall.OpenService(h.manager, name, rights)
	}
	if err != nil {
		h.close()
		return handle{}, fail(err)
	}
	return h, nil
}

// fail adds the kind and the hint to an error of the SCM. It returns nil for nil.
func fail(err error) error {
	if err == nil {
		return nil
	}
	hint, kind := "", error(nil)
	for e := err; e != nil; e = errors.Unwrap(e) {
		if number, ok := e.(syscall.Errno); ok {
			hint, kind = explainErrno(uint32(number))
			break
		}
	}
	return spec.Fail(kind, err, hint)
}

// Status returns the status of the service as known to the SCM.
func (*Backend) Status(_ context.Context, s *spec.Spec) (st spec.Status, err error) {
	h, err := open(s.Name, wincall.SERVICE_QUERY_STATUS|wincall.SERVICE_QUERY_CONFIG)
	if err != nil {
		return st, err
	}
	now, err := wincall.QueryServiceStatusEx(h.service)
	if err == nil {
		var config *wincall.QUERY_SERVICE_CONFIG
		config, err = wincall.QueryServiceConfig(h.service)
		delayed, _ := wincall.QueryServiceConfig2(h.service, uint32(callDelayed))
		st = spec.Status{State: spec.State(now.CurrentState), PID: int(now.ProcessId), ExitCode: exitCode(now.Win32ExitCode, now.ServiceSpecificExitCode),
			Start: startType(config.StartType, *(*uint32)(delayed))}
	}
	h.close()
	return st, fail(err)
}

// startMargin is added to StartTimeout as the limit for a start. startCap is the limit if there is
// no StartTimeout.
var (
	startMargin = 15 * time.Second
	startCap    = 5 * time.Minute
)

// Start starts the service and waits until it is ready.
func (m *Backend) Start(ctx context.Context, s *spec.Spec) error {
	h, err := open(s.Name, wincall.SERVICE_START|wincall.SERVICE_QUERY_STATUS)
	if err != nil {
		return err
	}
	limit, code := startCap, 0
	if s.StartTimeout > 0 {
		limit = s.StartTimeout + startMargin
	}
	err = wincall.StartService(h.service)
	if err == syscall.ERROR_ACCESS_DENIED { // denied to the service's account: this process has the right to start the service
		err = spec.Fail(spec.ErrStartFailed, err, "the service's account can't run the program: icacls shows who can, and whether it is a file")
	} else {
		err = fail(err)
	}
	if err == nil {
		var st *wincall.SERVICE_STATUS_PROCESS
		st, err = await(ctx, h.service, wincall.SERVICE_START_PENDING, time.Now().Add(limit))
		if st.CurrentState == wincall.SERVICE_STOPPED {
			code = exitCode(st.Win32ExitCode, st.ServiceSpecificExitCode)
		}
	}
	h.close()
	if err == nil && code != 0 { // code 0: the service finished quickly
		return spec.Fail(spec.ErrStartFailed, spec.Errorf("exit code %d", code), "output.log and crash.log in "+logDir(s)+" say why")
	}
	return err
}

// await waits until the service has left the state from. It gives up at the limit, and also, like
// Microsoft's sample "Starting a Service", if the service makes no progress, but not before
// patience has elapsed. A service whose process has ended counts as stopped: the SCM of Windows
// reports this immediately, but Wine's does not during a start.
func await(ctx context.Context, service syscall.Handle, from uint32, limit time.Time) (*wincall.SERVICE_STATUS_PROCESS, error) {
	checkpoint, begin, progress, alive := uint32(0), time.Now(), time.Duration(0), time.Duration(0)
	for {
		st, err := wincall.QueryServiceStatusEx(service)
		if err != nil {
			return st, fail(err)
		}
		if st.CurrentState != from {
			return st, nil
		}
		hint, passed := time.Duration(st.WaitHint)*time.Millisecond, time.Since(begin)
		if st.CheckPoint != checkpoint {
			checkpoint, progress = st.CheckPoint, passed
		}
		if !ended(st.ProcessId) {
			alive = passed
		}
		switch {
		case passed-alive > noticedAfter:
			st.CurrentState, st.Win32ExitCode = wincall.SERVICE_STOPPED, uint32(wincall.ERROR_PROCESS_ABORTED)
			return st, nil
		case passed-progress > max(patience, 2*hint):
			err = spec.Errorf("no progress for %v", (passed - progress).Truncate(time.Second))
		case time.Until(limit) < 0:
			err = spec.Errorf("not over after %v", passed.Truncate(time.Second))
		default:
			err = spec.Pause(ctx, spec.PollEvery(hint))
		}
		if err != nil {
			state := spec.State(st.CurrentState)
			hint := "the service is still " + state.String()
			if ctx.Err() == nil && st.ProcessId != 0 {
				hint += fmt.Sprintf("; taskkill /F /PID %d ends its process", st.ProcessId)
			}
			return st, spec.Fail(nil, err, hint)
		}
	}
}

// noticedAfter is longer than the SCM of Windows takes to detect that a process has ended.
const noticedAfter = 2 * time.Second

// ended reports whether the process with that ID has ended.
func ended(pid uint32) bool {
	if pid == 0 { // there is no process yet
		return false
	}
	process, err := wincall.OpenProcess(syscall.SYNCHRONIZE, pid)
	if err != nil {
		return err == wincall.ERROR_INVALID_PARAMETER
	}
	state, _ := syscall.WaitForSingleObject(process, 0)
	syscall.CloseHandle(process)
	return state == syscall.WAIT_OBJECT_0
}

// patience is the minimum time to wait for progress, for services without a wait hint and for busy
// machines.
var patience = 30 * time.Second

// Stop stops the service, after those that depend on it.
func (m *Backend) Stop(ctx context.Context, s *spec.Spec) error {
	h, err := open(s.Name, wincall.SERVICE_STOP|wincall.SERVICE_QUERY_STATUS|wincall.SERVICE_ENUMERATE_DEPENDENTS)
	if err != nil {
		return err
	}
	_, err = stopOpen(ctx, h, s.StopTimeout)
	h.close()
	return err
}

// stopOpen stops the service open as h after the services that depend on it. It returns the names
// of the dependents in the order in which they were stopped.
func stopOpen(ctx context.Context, h handle, timeout time.Duration) (stopped []string, err error) {
	dependents, err := wincall.EnumDependentServices(h.service)
	if err != nil {
		return nil, fail(err)
	}
	for _, d := range dependents {
		name := wincall.String(d.ServiceName)
		h, err := open(name, wincall.SERVICE_STOP|wincall.SERVICE_QUERY_STATUS|wincall.SERVICE_ENUMERATE_DEPENDENTS)
		if err == nil {
			_, err = stopOpen(ctx, h, max(timeout, patience))
			h.close()
		}
		switch {
		case err == nil:
			stopped = append(stopped, name)
		case !errors.Is(err, spec.ErrNotRunning):
			return stopped, spec.Errorf("stopping %s, which depends on it: %w", name, err)
		}
	}
	limit := time.Now().Add(timeout + spec.StopMargin + startMargin)
	// A service that is starting accepts no controls.
	started, err := await(ctx, h.service, wincall.SERVICE_START_PENDING, limit)
	if err == nil && started.CurrentState == wincall.SERVICE_STOPPED {
		err = fail(wincall.ERROR_SERVICE_NOT_ACTIVE)
	}
	if err != nil {
		return stopped, err
	}
	asked := wincall.ControlService(h.service, wincall.SERVICE_CONTROL_STOP)
	now, _ := wincall.QueryServiceStatusEx(h.service)
	stops := now.CurrentState == wincall.SERVICE_STOP_PENDING || now.CurrentState == wincall.SERVICE_STOPPED
	if asked == wincall.ERROR_SERVICE_CANNOT_ACCEPT_CTRL && stops {
		asked = nil // another process has already asked it to stop
	}
	if asked != nil {
		return stopped, fail(asked)
	}
	for err == nil && now.CurrentState != wincall.SERVICE_STOPPED {
		now, err = await(ctx, h.service, now.CurrentState, limit)
	}
	return stopped, err
}

// Restart stops the service if it is running, and starts it and the dependents that were stopped
// with it.
func (m *Backend) Restart(ctx context.Context, s *spec.Spec) error {
	h, err := open(s.Name, wincall.SERVICE_START|wincall.SERVICE_STOP|wincall.SERVICE_QUERY_STATUS|wincall.SERVICE_ENUMERATE_DEPENDENTS)
	if err != nil {
		return err
	}
	stopped, err := stopOpen(ctx, h, s.StopTimeout)
	h.close()
	if err != nil && !errors.Is(err, spec.ErrNotRunning) {
		return spec.Join(err, m.startAgain(ctx, stopped))
	}
	s.Dependents = append(s.Dependents, stopped...)
	if err := m.Start(ctx, s); err != nil {
		return err
	}
	return m.startAgain(ctx, s.Dependents)
}

// startAgain starts the stopped services in reverse order.
func (m *Backend) startAgain(ctx context.Context, stopped []string) (err error) {
	for i := len(stopped) - 1; i >= 0; i-- {
		started := m.Start(ctx, &spec.Spec{Name: stopped[i]})
		if started != nil && !errors.Is(started, spec.ErrAlreadyRunning) {
			err = spec.Join(err, spec.Errorf("starting %s again, which depends on it: %w", stopped[i], started))
		}
	}
	return err
}

// Uninstall stops the service, deletes it and waits until it is gone.
func (m *Backend) Uninstall(ctx context.Context, s *spec.Spec) error {
	h, err := open(s.Name, wincall.DELETE|wincall.SERVICE_STOP|wincall.SERVICE_QUERY_STATUS|wincall.SERVICE_QUERY_CONFIG|wincall.SERVICE_ENUMERATE_DEPENDENTS)
	if err != nil {
		return m.denied(s, err)
	}
	_, err = m.owned(h.service, s)
	if err == nil {
		_, err = stopOpen(ctx, h, s.StopTimeout)
	}
	if errors.Is(err, spec.ErrNotRunning) {
		err = nil
	}
	if err == nil {
		err = fail(wincall.DeleteService(h.service))
	}
	h.close() // the service exists until its last handle is closed, including this one
	if err != nil {
		return err
	}
	limit := time.Now().Add(goneTimeout)
	for {
		h, err := open(s.Name, wincall.SERVICE_QUERY_STATUS)
		if errors.Is(err, spec.ErrNotInstalled) {
			return nil
		}
		if err != nil && !errors.Is(err, spec.ErrMarkedForDelete) {
			return err
		}
		h.close()
		if time.Now().After(limit) {
			return fail(wincall.ERROR_SERVICE_MARKED_FOR_DELETE)
		}
		if err := spec.Pause(ctx, spec.PollEvery(0)); err != nil {
			return spec.Fail(spec.ErrMarkedForDelete, err, "")
		}
	}
}

// goneTimeout is the time to wait for other processes to close a deleted service.
var goneTimeout = 10 * time.Second
