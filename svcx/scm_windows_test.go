package svcx

import (
	"context"
	"errors"
	"fmt"
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

// installHelper installs the test binary as a helper service of the given kind, and uninstalls it
// at the end.
func installHelper(t *testing.T, kind string, args ...string) (s *Service, dir string) {
	t.Helper()
	if !testenv.IsWine() {
		testenv.NeedChange(t, "installs services")
	}
	dir = t.TempDir()
	s = &Service{Name: "surefoot-" + kind + "-" + filepath.Base(filepath.Dir(dir)), Main: func(context.Context) error { return nil }, StartType: Manual, RestartDelays: []time.Duration{}, LogDir: filepath.Join(dir, "logs")}
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
	go func() { started <- s.Start(t.Context()) }()
	seen := waitFile(t, dir, "started")
	assert.Equal(t, StartPending, state(t, s).State, "it is not ready yet")
	assert.True(t, strings.HasPrefix(seen, "SCM\n"), seen)
	leave(dir, "go", "")
	require.NoError(t, <-started)
	st := state(t, s)
	assert.Equal(t, Running, st.State)
	assert.NotZero(t, st.PID)

	err := s.Start(t.Context())
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

// TestStopDuringStart: a service that is starting does not accept a stop. Stop waits until it does,
// but not longer than its context allows.
func TestStopDuringStart(t *testing.T) {
	s, dir := installHelper(t, "slow")
	started := make(chan error, 1)
	go func() { started <- s.Start(t.Context()) }()
	waitFile(t, dir, "started")
	h := open(t, s, windows.SERVICE_STOP)
	var st windows.SERVICE_STATUS
	assert.Error(t, windows.ControlService(h.service, windows.SERVICE_CONTROL_STOP, &st)) // 1061; under Wine 1052
	h.close()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := s.Stop(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorContains(t, err, "the service is still "+StartPending.String())
	assert.Equal(t, StartPending, state(t, s).State, "and undisturbed")

	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop(t.Context()) }()
	leave(dir, "go", "")
	require.NoError(t, <-stopped)
	assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
	assert.Equal(t, Status{State: Stopped, Start: Manual}, state(t, s))
	assert.NoError(t, <-started)
}

func TestServiceFailsBeforeReady(t *testing.T) {
	s, _ := installHelper(t, "fail")
	err := s.Start(t.Context())
	assert.ErrorIs(t, err, ErrStartFailed)
	assert.ErrorContains(t, err, "exit code 7")
	assert.Equal(t, Status{State: Stopped, ExitCode: 7, Start: Manual}, state(t, s))
	h := open(t, s, windows.SERVICE_QUERY_STATUS)
	defer h.close()
	var st windows.SERVICE_STATUS
	require.NoError(t, windows.QueryServiceStatus(h.service, &st))
	assert.Equal(t, uint32(windows.ERROR_SERVICE_SPECIFIC_ERROR), st.Win32ExitCode)
	assert.Equal(t, uint32(7), st.ServiceSpecificExitCode)
}

func TestServiceFailsWhenRunning(t *testing.T) {
	s, _ := installHelper(t, "failready")
	s.Start(t.Context()) // may see the service before or after it ended
	eventually(t, "stopped", func() bool { return state(t, s).State == Stopped })
	assert.Equal(t, 9, state(t, s).ExitCode)
}

func TestHangingServiceIsEnded(t *testing.T) {
	s, dir := installHelper(t, "hang")
	require.NoError(t, s.Start(t.Context()))
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

	require.NoError(t, s.Start(t.Context()))
	assert.Equal(t, string(dump), waitFile(t, dir, "crash"), "the next run reports it")
}

func TestServiceArguments(t *testing.T) {
	s, dir := installHelper(t, "plain", append([]string{"-word", "from the command line", "run"}, nastyWords...)...)
	require.NoError(t, s.Start(t.Context()))
	got := waitFile(t, dir, "started")
	exeDir := filepath.Dir(s.mustExecutable(t))
	assert.Equal(t, fmt.Sprintf("SCM\n%s\nfrom the command line\n%q", exeDir, nastyWords), got)
}

func TestStartServiceArguments(t *testing.T) {
	s, dir := installHelper(t, "plain", "-word", "from the command line")
	h := open(t, s, windows.SERVICE_START)
	defer h.close()
	word, err := windows.UTF16PtrFromString("-word=from the start")
	require.NoError(t, err)
	require.NoError(t, windows.StartService(h.service, 1, &[]*uint16{word}[0]))
	assert.Contains(t, waitFile(t, dir, "started"), "\nfrom the start\n")
}

func TestTwoServicesAtOnce(t *testing.T) {
	one, _ := installHelper(t, "plain")
	two, twoDir := installHelper(t, "slow")
	leave(twoDir, "go", "")
	require.NoError(t, one.Start(t.Context()))
	require.NoError(t, two.Start(t.Context()))
	assert.NotEqual(t, state(t, one).PID, state(t, two).PID)
	require.NoError(t, one.Stop(t.Context()))
	assert.Equal(t, Running, state(t, two).State)
}

func TestServiceControls(t *testing.T) {
	s, dir := installHelper(t, "slow")
	leave(dir, "go", "")
	require.NoError(t, s.Start(t.Context()))
	h := open(t, s, windows.SERVICE_ALL_ACCESS)
	defer h.close()
	control := func(code uint32) error {
		var st windows.SERVICE_STATUS
		return windows.ControlService(h.service, code, &st)
	}
	is := func(want State) func() bool { return func() bool { return state(t, s).State == want } }
	require.NoError(t, control(windows.SERVICE_CONTROL_PAUSE))
	waitFile(t, dir, "event-1-0")
	eventually(t, "paused", is(Paused))
	require.NoError(t, control(windows.SERVICE_CONTROL_INTERROGATE))
	require.NoError(t, control(windows.SERVICE_CONTROL_CONTINUE))
	waitFile(t, dir, "event-2-0")
	eventually(t, "running", is(Running))
	require.NoError(t, control(windows.SERVICE_CONTROL_PARAMCHANGE))
	waitFile(t, dir, "event-3-0")
	require.NoError(t, control(200))
	waitFile(t, dir, "event-6-200")
	assert.Error(t, control(windows.SERVICE_CONTROL_NETBINDADD), "it does not accept that")
	require.NoError(t, s.Stop(t.Context()))
}

func TestServiceWatchdogExpires(t *testing.T) {
	s, dir := installHelper(t, "starve")
	require.NoError(t, s.Start(t.Context()))
	eventually(t, "stopped", func() bool { return state(t, s).State == Stopped })
	assert.Equal(t, 1, state(t, s).ExitCode)
	dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
	require.NoError(t, err)
	assert.Contains(t, string(dump), "did not call Alive for 1s")
}

func TestServicePanics(t *testing.T) {
	s, dir := installHelper(t, "panic")
	s.Start(t.Context()) // may see the service before or after it ended
	var report []byte
	eventually(t, "the crash", func() bool {
		report, _ = os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
		return strings.Contains(string(report), "goroutine ")
	})
	assert.Contains(t, string(report), "panic: told to panic")
	testenv.NeedWindows(t, "does not see at once that a process has died")
	eventually(t, "stopped", func() bool { return state(t, s).State == Stopped })
	assert.Equal(t, int(windows.ERROR_PROCESS_ABORTED), state(t, s).ExitCode)
}
