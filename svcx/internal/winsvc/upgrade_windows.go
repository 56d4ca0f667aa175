package winsvc

import (
	"context"
	"io"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Logs copies output.log to w.
func (*Backend) Logs(_ context.Context, s *spec.Spec, w io.Writer) error {
	return spec.CopyLogs(logDir(s), w)
}

// Watch returns a function that returns the output added to the service's logs since the call of
// Watch.
func (*Backend) Watch(_ context.Context, s *spec.Spec) (written func() string) {
	return spec.WatchFiles(logDir(s))
}

// Program returns the path of the registered program.
func (m *Backend) Program(_ context.Context, s *spec.Spec) (string, error) {
	h, err := open(s.Name, wincall.SERVICE_QUERY_CONFIG)
	if err != nil {
		return "", err
	}
	program, err := m.owned(h.service, s)
	h.close()
	return program, err
}

// Kill terminates the process of the service.
func (*Backend) Kill(ctx context.Context, s *spec.Spec) error {
	h, err := open(s.Name, wincall.SERVICE_QUERY_STATUS)
	if err != nil {
		return err
	}
	st, err := wincall.QueryServiceStatusEx(h.service)
	if err == nil && st.ProcessId != 0 {
		err = terminate(st.ProcessId)
	}
	if err = fail(err); err == nil && st.ProcessId != 0 {
		_, err = await(ctx, h.service, st.CurrentState, time.Now().Add(patience))
	}
	h.close()
	return err
}

// terminate terminates a process and waits for its end.
func terminate(pid uint32) error {
	process, err := wincall.OpenProcess(syscall.PROCESS_TERMINATE|syscall.SYNCHRONIZE, pid)
	if err != nil {
		return err
	}
	if err = wincall.TerminateProcess(process, spec.ExitHung); err == nil {
		syscall.WaitForSingleObject(process, 10_000)
	}
	syscall.CloseHandle(process)
	return err
}
