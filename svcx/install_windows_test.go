package svcx

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winsec"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// handle is an open service.
type handle struct{ manager, service windows.Handle }

func (h handle) close() { windows.CloseServiceHandle(h.service); windows.CloseServiceHandle(h.manager) }

func open(t *testing.T, s *Service, rights uint32) (h handle) {
	t.Helper()
	var err error
	h.manager, err = windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	require.NoError(t, err)
	name, err := windows.UTF16PtrFromString(s.Name)
	require.NoError(t, err)
	h.service, err = windows.OpenService(h.manager, name, rights)
	require.NoError(t, err)
	return h
}

// registered reads the service's registration back from the registry.
func registered(t *testing.T, s *Service) map[string]any {
	t.Helper()
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+s.Name, registry.QUERY_VALUE)
	require.NoError(t, err)
	defer key.Close()
	names, err := key.ReadValueNames(-1)
	require.NoError(t, err)
	values := map[string]any{}
	for _, name := range names {
		_, kind, err := key.GetValue(name, nil)
		require.NoError(t, err)
		switch kind {
		case registry.SZ, registry.EXPAND_SZ:
			values[name], _, err = key.GetStringValue(name)
		case registry.MULTI_SZ:
			values[name], _, err = key.GetStringsValue(name)
		case registry.DWORD:
			values[name], _, err = key.GetIntegerValue(name)
		default:
			values[name], _, err = key.GetBinaryValue(name)
		}
		require.NoError(t, err)
	}
	return values
}

func TestInstallConverges(t *testing.T) {
	s, _ := installHelper(t, "plain")
	changed, err := s.Converge(t.Context())
	require.NoError(t, err)
	assert.Empty(t, changed, "it is as it should be")

	s.Description, s.StartType, s.Args = "New & nice", Automatic, append(s.Args, "-word", "x y")
	s.Env = map[string]string{"B": "2", "A": "ü"}
	changed, err = s.Converge(t.Context())
	require.NoError(t, err)
	assert.Contains(t, strings.Join(changed, "\n"), "start: manual -> automatic")
	assert.Contains(t, strings.Join(changed, "\n"), `-word "x y"`)
	p := registered(t, s)
	assert.Equal(t, []string{"A=ü", "B=2"}, p["Environment"])
	assert.Equal(t, uint64(windows.SERVICE_AUTO_START), p["Start"])
	assert.Equal(t, "New & nice", p["Description"])
	assert.Equal(t, uint64(25_000), p["PreshutdownTimeout"])

	s.Env = nil
	changed, err = s.Converge(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"environment: [A=ü B=2] -> []"}, changed)
	assert.NotContains(t, registered(t, s), "Environment")
}

func TestInstallUndoes(t *testing.T) {
	s, _ := installHelper(t, "plain")
	before := registered(t, s)
	s.StartType, s.Args, s.Description, s.Env = Disabled, nil, "changed", map[string]string{"A": "1"}
	s.OnInstall = func(context.Context) error { return errMain }
	require.ErrorIs(t, s.Install(t.Context()), errMain)
	assert.Equal(t, before, registered(t, s), "an update is taken back")

	require.NoError(t, s.Uninstall(t.Context()))
	require.ErrorIs(t, s.Install(t.Context()), errMain)
	_, err := s.Status(t.Context())
	assert.ErrorIs(t, err, ErrNotInstalled, "a new service is deleted")
}

func TestInstallSettings(t *testing.T) {
	testenv.NeedWindows(t, "neither keeps the recovery actions and the SID type nor the failure flag")
	s, _ := installHelper(t, "plain")
	s.RestartDelays, s.RestartReset, s.StartType = []time.Duration{time.Second, time.Minute}, time.Hour, DelayedAutomatic
	s.Windows = &WindowsOptions{SID: SIDUnrestricted, Privileges: []string{"SeChangeNotifyPrivilege"}}
	require.NoError(t, s.Install(t.Context()))
	p := registered(t, s)
	actions, ok := p["FailureActions"].([]byte)
	require.True(t, ok)
	assert.Equal(t, uint32(3600), binary.LittleEndian.Uint32(actions))
	assert.Equal(t, []uint32{1, 1000, 1, 60_000}, []uint32{binary.LittleEndian.Uint32(actions[20:]), binary.LittleEndian.Uint32(actions[24:]),
		binary.LittleEndian.Uint32(actions[28:]), binary.LittleEndian.Uint32(actions[32:])})
	assert.Equal(t, uint64(1), p["FailureActionsOnNonCrashFailures"])
	assert.Equal(t, uint64(windows.SERVICE_SID_TYPE_UNRESTRICTED), p["ServiceSidType"])
	assert.Equal(t, uint64(1), p["DelayedAutostart"])
	assert.Equal(t, []string{"SeChangeNotifyPrivilege"}, p["RequiredPrivileges"])
}

func TestServiceIsRestarted(t *testing.T) {
	testenv.NeedWindows(t, "runs no recovery actions")
	for _, kind := range []string{"failready", "panic"} {
		s, dir := installHelper(t, kind)
		s.RestartDelays = []time.Duration{100 * time.Millisecond}
		require.NoError(t, s.Install(t.Context()))
		s.Start(t.Context())
		waitFile(t, dir, "started")
		leave(dir, "mended", "") // so that a later start succeeds and no further one races with Uninstall
		waitFile(t, dir, "lasts")
		if kind == "panic" {
			assert.Contains(t, waitFile(t, dir, "crash"), "panic: told to panic")
		}
	}
}

func TestServiceEnvironment(t *testing.T) {
	testenv.NeedWindows(t, "gives a service no variables of its own")
	s, dir := installHelper(t, "plain")
	s.Env = map[string]string{"SVCX_WORD": "ü x"}
	require.NoError(t, s.Install(t.Context()))
	require.NoError(t, s.Start(t.Context()))
	assert.Contains(t, waitFile(t, dir, "started"), "ü x")
}

func TestUninstallStopsDependents(t *testing.T) {
	testenv.NeedWindows(t, "lists no dependent services")
	first, _ := installHelper(t, "plain")
	second, _ := installHelper(t, "slow")
	second.DependsOn = []string{first.Name}
	require.NoError(t, second.Install(t.Context()))
	leave(second.Args[2], "go", "")
	require.NoError(t, second.Start(t.Context()))
	require.NoError(t, first.Uninstall(t.Context()))
	assert.Equal(t, Stopped, state(t, second).State)
}

func TestInstallErrors(t *testing.T) {
	s := &Service{Name: "surefoot-refused", Args: []string{"%USERNAME%"}}
	assert.ErrorContains(t, s.Install(t.Context()), "%USERNAME%")
	s = &Service{Name: "surefoot-refused", User: true}
	assert.ErrorIs(t, s.Install(t.Context()), errors.ErrUnsupported)
}

// TestExecute runs the command line against the real SCM.
func TestExecute(t *testing.T) {
	s, dir := installHelper(t, "slow")
	require.NoError(t, s.Uninstall(t.Context()))
	leave(dir, "go", "")
	s.Flags, _, _ = testFlags()
	s.Flags.String("word", "", "")
	run := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		assert.Equal(t, want, s.execute(args, &out, &errs), "%s%s", &out, &errs)
		return strings.ReplaceAll(out.String()+errs.String(), s.Name, "NAME")
	}
	assert.Equal(t, "NAME: status NAME: the service is not installed ("+windows.ERROR_SERVICE_DOES_NOT_EXIST.Error()+"): install it first\n", run(4, "status"))
	assert.Contains(t, run(4, "status", "--json"), `{"name":"NAME","state":"not-installed"}`+"\n")
	assert.Contains(t, run(2, "install", "-nope"), "flag provided but not defined")
	assert.Contains(t, run(0, "install", "-word", "a b"), "NAME: created\n")
	assert.Contains(t, registered(t, s)["ImagePath"], ` -word "a b"`)
	assert.Equal(t, "NAME: stopped, last exit code 0, start manual\n", run(3, "status"))
	assert.Equal(t, "NAME: started\n", run(0, "start"))
	assert.Contains(t, waitFile(t, dir, "started"), "\na b\n", "the flag reaches Main")
	assert.Equal(t, "NAME: runs already\n", run(0, "start"))
	assert.Regexp(t, `^NAME: running, pid \d+, start manual\n$`, run(0, "status"))
	assert.Regexp(t, `^{"name":"NAME","state":"running","pid":\d+,"exitCode":0,"start":"manual"}\n$`, run(0, "status", "--json"))
	assert.Equal(t, "NAME: restarted\n", run(0, "restart"))
	assert.Equal(t, "NAME: stopped\n", run(0, "stop"))
	assert.Equal(t, "NAME: does not run\n", run(0, "stop"))
	assert.Equal(t, "NAME: uninstalled\n", run(0, "uninstall"))
	assert.Contains(t, run(4, "start"), "not installed")
}

func TestLogDirIsMade(t *testing.T) {
	s, dir := installHelper(t, "plain")
	logs := filepath.Join(dir, "logs")
	require.DirExists(t, logs)
	testenv.NeedWindows(t, "maps access lists to the modes of Unix")
	assert.NoError(t, (&winsec.Account{SID: winsec.System}).CheckObject(logs, winsec.ForContents))
	assert.Error(t, (&winsec.Account{SID: winsec.System}).CheckObject(logs, winsec.ForSecrets), "users may read")
	require.NoError(t, s.Start(t.Context()))
	waitFile(t, dir, "started")
}

func TestInstallForAccounts(t *testing.T) {
	for _, account := range []string{"LocalService", "NetworkService"} {
		s, _ := installHelper(t, "plain")
		s.Account, s.LogDir = account, filepath.Join(t.TempDir(), "new", "logs")
		changed, err := s.Converge(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{`account: LocalSystem -> NT AUTHORITY\` + account}, changed)
		assert.DirExists(t, s.LogDir)
	}
}

// TestInstallForeign checks that another program's registration is not changed.
func TestInstallForeign(t *testing.T) {
	s, _ := installHelper(t, "plain")
	name, exe := s.Name, s.mustExecutable(t)
	require.NoError(t, s.Uninstall(t.Context()))
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CREATE_SERVICE)
	require.NoError(t, err)
	defer windows.CloseServiceHandle(manager)
	p := func(text string) *uint16 { p, _ := windows.UTF16PtrFromString(text); return p }
	h, err := windows.CreateService(manager, p(name), p("Theirs"), windows.SERVICE_ALL_ACCESS, windows.SERVICE_WIN32_SHARE_PROCESS,
		windows.SERVICE_DEMAND_START, windows.SERVICE_ERROR_SEVERE, p(`C:\windows\system32\svchost.exe -k netsvcs`), p("TheirGroup"), nil, nil, nil, nil)
	require.NoError(t, err)
	windows.CloseServiceHandle(h)
	before := registered(t, s)

	err = s.Install(t.Context())
	require.ErrorIs(t, err, ErrForeign)
	assert.ErrorContains(t, err, "--force")
	require.ErrorIs(t, s.Uninstall(t.Context()), ErrForeign)
	assert.Equal(t, before, registered(t, s), "nothing has changed")

	s.Force, s.OnInstall = true, func(context.Context) error { return errMain }
	require.ErrorIs(t, s.Install(t.Context()), errMain)
	assert.Equal(t, before, registered(t, s), "undone")
	s.OnInstall = nil
	require.NoError(t, s.Install(t.Context()))
	now := registered(t, s)
	assert.Contains(t, now["ImagePath"], exe)
	assert.Equal(t, before["Group"], now["Group"], "what Install does not manage stays")
	s.Force, s.Executable = false, `C:\windows\system32\notepad.exe`
	require.NoError(t, s.Install(t.Context()), "it is ours now, wherever the program is")
	s.Executable = ""
}

// TestProtectedIsForeign checks that protected Windows services are reported as foreign, although
// administrators have few rights to them.
func TestProtectedIsForeign(t *testing.T) {
	testenv.NeedWindows(t, "gives every account all rights")
	s, _ := installHelper(t, "plain")
	protected := *s // s itself is uninstalled at the end
	protected.Name = "TrustedInstaller"
	require.ErrorIs(t, protected.Install(t.Context()), ErrForeign)
	require.ErrorIs(t, protected.Uninstall(t.Context()), ErrForeign)
}

// TestErrorIsLoggedBeforeStop checks that Main's error is in the log before the service is reported
// as stopped, since the SCM may then terminate the process.
func TestErrorIsLoggedBeforeStop(t *testing.T) {
	for range 4 {
		s, dir := installHelper(t, "fail")
		require.ErrorIs(t, s.Start(t.Context()), ErrStartFailed)
		output, err := os.ReadFile(filepath.Join(dir, "logs", "output.log"))
		require.NoError(t, err)
		assert.Equal(t, 1, strings.Count(string(output), "told to fail"), "%s", output)
	}
}

// TestUnknownFlag starts a service with a registered flag that the program no longer supports.
func TestUnknownFlag(t *testing.T) {
	s, dir := installHelper(t, "plain", "-gone")
	require.ErrorIs(t, s.Start(t.Context()), ErrStartFailed)
	assert.Equal(t, 2, state(t, s).ExitCode)
	output, err := os.ReadFile(filepath.Join(dir, "logs", "output.log"))
	require.NoError(t, err)
	assert.Contains(t, string(output), "flag provided but not defined: -gone")
	var log bytes.Buffer
	require.NoError(t, s.printLogs(t.Context(), &log))
	assert.Equal(t, string(output), log.String())
}

// TestHangingStart checks that a hung start ends at StartTimeout and that Start returns.
func TestHangingStart(t *testing.T) {
	s, dir := installHelper(t, "hangstart")
	err := s.Start(t.Context())
	require.ErrorIs(t, err, ErrStartFailed)
	assert.ErrorContains(t, err, "exit code 124")
	assert.ErrorContains(t, err, filepath.Join(dir, "logs"), "where to look")
	dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
	require.NoError(t, err)
	assert.Contains(t, string(dump), "was not ready within 1s")
}

// TestRestart restarts a running service.
func TestRestart(t *testing.T) {
	s, _ := installHelper(t, "plain")
	require.NoError(t, s.Restart(t.Context()), "a stopped one is started")
	pid := state(t, s).PID
	require.NoError(t, s.Restart(t.Context()))
	assert.NotEqual(t, pid, state(t, s).PID)
}

// TestUpgradeService replaces the program of a running service.
func TestUpgradeService(t *testing.T) {
	s, dir := installHelper(t, "slow")
	require.NoError(t, s.Uninstall(t.Context()))
	leave(dir, "go", "")
	program, err := os.ReadFile(s.mustExecutable(t))
	require.NoError(t, err)
	write := func(name, tail string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(name, append(bytes.Clone(program), tail...), 0o755))
		return name
	}
	s.Executable = write("orders.exe", "one")
	require.NoError(t, s.Install(t.Context()))
	require.NoError(t, s.Start(t.Context()))
	require.NoError(t, s.Upgrade(t.Context(), write("new.exe", "two")))
	assert.Equal(t, Running, state(t, s).State)
	ends := func() string { text := mustRead(t, s.Executable); return string(text[len(text)-3:]) }
	assert.Equal(t, "two", ends())

	leave(dir, "upgrade-fails", "")
	err = s.Upgrade(t.Context(), write("bad.exe", "bad"))
	require.ErrorContains(t, err, "told to fail by the test")
	assert.ErrorContains(t, err, "the old program runs again")
	assert.Equal(t, "two", ends())
	assert.Equal(t, Running, state(t, s).State)
	require.NoError(t, s.Stop(t.Context()))
}
