package svcx

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/windows"
)

// installHelper installs the test binary as a service of that kind, and
// uninstalls it in the end.
func installHelper(t *testing.T, kind string, args ...string) (s *Service, dir string) {
	t.Helper()
	if !testenv.IsWine() {
		testenv.NeedChange(t, "installs services")
	}
	dir = t.TempDir()
	s = &Service{Name: "surefoot-" + kind + "-" + filepath.Base(filepath.Dir(dir)), Main: func(context.Context) error { return nil }, Start: Manual, Restart: []time.Duration{}}
	s.Args = append([]string{"service:" + kind, s.Name, dir}, args...)
	require.NoError(t, s.Install(t.Context()))
	t.Cleanup(func() {
		if err := s.Uninstall(context.Background()); !errors.Is(err, ErrNotInstalled) {
			assert.NoError(t, err)
		}
	})
	return s, dir
}

func TestServiceLife(t *testing.T) {
	s, dir := installHelper(t, "slow")
	assert.Equal(t, Status{State: Stopped, Start: Manual}, state(t, s))

	started := make(chan error, 1)
	go func() { started <- s.StartNow(t.Context()) }()
	seen := waitFile(t, dir, "started")
	assert.Equal(t, StartPending, state(t, s).State, "it is not ready yet")
	assert.True(t, strings.HasPrefix(seen, "SCM\n"), seen)
	leave(dir, "go", "")
	require.NoError(t, <-started)
	st := state(t, s)
	assert.Equal(t, Running, st.State)
	assert.NotZero(t, st.PID)

	err := s.StartNow(t.Context())
	assert.ErrorIs(t, err, ErrAlreadyRunning)
	assert.ErrorIs(t, err, windows.ERROR_SERVICE_ALREADY_RUNNING)

	require.NoError(t, s.Stop(t.Context()))
	assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
	assert.Equal(t, Status{State: Stopped, Start: Manual}, state(t, s))
	err = s.Stop(t.Context())
	assert.ErrorIs(t, err, ErrNotRunning)
	assert.ErrorIs(t, err, windows.ERROR_SERVICE_NOT_ACTIVE)

	require.NoError(t, s.Uninstall(t.Context()))
	_, err = s.Status(t.Context())
	assert.ErrorIs(t, err, ErrNotInstalled)
	assert.ErrorIs(t, err, windows.ERROR_SERVICE_DOES_NOT_EXIST)
}

func TestServiceFailsBeforeReady(t *testing.T) {
	s, _ := installHelper(t, "fail")
	err := s.StartNow(t.Context())
	assert.ErrorIs(t, err, ErrStartFailed)
	assert.ErrorContains(t, err, "exit code 7")
	assert.Equal(t, Status{State: Stopped, ExitCode: 7, Start: Manual}, state(t, s))
	h, err := scmClient{s}.open("test", windows.SERVICE_QUERY_STATUS)
	require.NoError(t, err)
	defer h.close()
	st, err := queryStatus(h.service)
	require.NoError(t, err)
	assert.Equal(t, uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR), st.Win32ExitCode)
	assert.Equal(t, uint32(7), st.ServiceSpecificExitCode)
}

func TestServiceFailsWhenRunning(t *testing.T) {
	s, _ := installHelper(t, "failready")
	s.StartNow(t.Context()) // may see it before or after its end
	eventually(t, "stopped", func() bool { return state(t, s).State == Stopped })
	assert.Equal(t, 9, state(t, s).ExitCode)
}

func TestServiceThatHangsIsEnded(t *testing.T) {
	s, dir := installHelper(t, "hang")
	require.NoError(t, s.StartNow(t.Context()))
	begin := time.Now()
	require.NoError(t, s.Stop(t.Context()))
	assert.GreaterOrEqual(t, time.Since(begin), time.Second)
	assert.Equal(t, int(windows.ERROR_TIMEOUT), state(t, s).ExitCode)
	dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
	require.NoError(t, err)
	assert.Contains(t, string(dump), "did not return within 1s")
	assert.Contains(t, string(dump), "goroutine ")
	output, err := os.ReadFile(filepath.Join(dir, "logs", "output.log"))
	require.NoError(t, err)
	assert.Contains(t, string(output), "goroutine ", "standard error leads somewhere")

	require.NoError(t, s.StartNow(t.Context()))
	assert.Equal(t, string(dump), waitFile(t, dir, "crash"), "the next run reports it")
}
