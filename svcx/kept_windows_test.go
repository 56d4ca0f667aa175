package svcx

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// registerOther registers the helper as another installer would, with settings that Install does
// not use.
func registerOther(t *testing.T, s *Service, kind, start uint32, path string, dependencies ...string) {
	t.Helper()
	if _, err := s.Status(t.Context()); err == nil {
		require.NoError(t, s.Uninstall(t.Context()))
	}
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CREATE_SERVICE)
	require.NoError(t, err)
	defer windows.CloseServiceHandle(manager)
	p := func(text string) *uint16 { p, _ := windows.UTF16PtrFromString(text); return p }
	var list []uint16
	for _, name := range dependencies {
		list = append(list, windows.StringToUTF16(name)...)
	}
	list = append(list, 0, 0)
	h, err := windows.CreateService(manager, p(s.Name), p(s.Name+" of others"), windows.SERVICE_ALL_ACCESS, kind, start, windows.SERVICE_ERROR_SEVERE,
		p(path), p("TheirGroup"), nil, &list[0], nil, nil)
	require.NoError(t, err)
	windows.CloseServiceHandle(h)
}

// TestInstallUndoesDependencies checks that a failed Install restores the dependencies.
func TestInstallUndoesDependencies(t *testing.T) {
	s, _ := installHelper(t, "plain")
	registerOther(t, s, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_DEMAND_START, `"`+s.mustExecutable(t)+`"`, "RpcSs", "Spooler", "+NetworkProvider")
	before := registered(t, s)
	require.Equal(t, []string{"RpcSs", "Spooler"}, before["DependOnService"])
	s.OnInstall = func(context.Context) error { return errMain }
	require.ErrorIs(t, s.Install(t.Context()), errMain)
	assert.Equal(t, before, registered(t, s))

	s.OnInstall, s.DependsOn = nil, []string{"+NetworkProvider", "spooler", "RPCSS"}
	require.NoError(t, s.Install(t.Context()))
	changed, err := s.Converge(t.Context())
	require.NoError(t, err)
	assert.Empty(t, changed)
	assert.Equal(t, before["DependOnGroup"], registered(t, s)["DependOnGroup"])
}

// TestInstallDelayedByHand checks that a manually started service keeps its delayed flag until it
// becomes automatic.
func TestInstallDelayedByHand(t *testing.T) {
	s, _ := installHelper(t, "plain")
	registerOther(t, s, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_AUTO_START, `"`+s.mustExecutable(t)+`"`)
	h := open(t, s, windows.SERVICE_ALL_ACCESS)
	is := uint32(1)
	require.NoError(t, windows.ChangeServiceConfig2(h.service, windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, (*byte)(unsafe.Pointer(&is))))
	const no = windows.SERVICE_NO_CHANGE
	require.NoError(t, windows.ChangeServiceConfig(h.service, no, windows.SERVICE_DEMAND_START, no, nil, nil, nil, nil, nil, nil, nil))
	h.close()
	assert.Equal(t, Manual, state(t, s).Start)

	s.StartType = Automatic
	require.NoError(t, s.Install(t.Context()))
	assert.Equal(t, Automatic, state(t, s).Start)
	changed, err := s.Converge(t.Context())
	require.NoError(t, err)
	assert.Empty(t, changed)
}

// TestInstallInteractive: Windows allows interactive services for LocalSystem only.
func TestInstallInteractive(t *testing.T) {
	s, _ := installHelper(t, "plain")
	registerOther(t, s, windows.SERVICE_WIN32_OWN_PROCESS|windows.SERVICE_INTERACTIVE_PROCESS, windows.SERVICE_DEMAND_START, `"`+s.mustExecutable(t)+`"`)
	require.NoError(t, s.Install(t.Context()))
	assert.Equal(t, uint64(0x110), registered(t, s)["Type"], "it stays interactive")
	s.Account = "LocalService"
	require.NoError(t, s.Install(t.Context()))
	assert.Equal(t, uint64(0x10), registered(t, s)["Type"])
}

// TestForeignIsNotTouched checks that a rejected Install changes nothing, and that Install waits
// for a foreign service that is being deleted.
func TestForeignIsNotTouched(t *testing.T) {
	s, _ := installHelper(t, "plain")
	registerOther(t, s, windows.SERVICE_WIN32_SHARE_PROCESS, windows.SERVICE_DEMAND_START, `C:\windows\system32\svchost.exe -k netsvcs`, "RpcSs", "+NetworkProvider")
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+s.Name, registry.SET_VALUE)
	require.NoError(t, err)
	defer key.Close()
	require.NoError(t, key.SetDWordValue("Tag", 7))
	before := registered(t, s)
	s.OnUninstall = func(context.Context) error { return errMain }
	require.ErrorIs(t, s.Install(t.Context()), ErrForeign)
	require.ErrorIs(t, s.Uninstall(t.Context()), ErrForeign)
	assert.Equal(t, before, registered(t, s))
	s.OnUninstall = nil

	require.NoError(t, key.SetDWordValue("DeleteFlag", 1)) // as the SCM does when a service is deleted
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Install(ctx), ErrMarkedForDelete)
	s.Force = true // for the clean-up
}

// TestOwnShortName checks that a registration with the short name (8.3) of the program counts as
// its own.
func TestOwnShortName(t *testing.T) {
	s, dir := installHelper(t, "plain")
	s.Executable = filepath.Join(dir, "Orders of Today", "orders.exe")
	require.NoError(t, os.Mkdir(filepath.Dir(s.Executable), 0o755))
	require.NoError(t, os.WriteFile(s.Executable, nil, 0o755))
	long, err := windows.UTF16PtrFromString(s.Executable)
	require.NoError(t, err)
	short := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetShortPathName(long, &short[0], uint32(len(short)))
	require.NoError(t, err)
	path := windows.UTF16ToString(short[:n])
	if path == s.Executable {
		t.Skip("this volume has no short names")
	}
	registerOther(t, s, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_DEMAND_START, path+" run")
	require.NoError(t, s.Install(t.Context()), path)
}

// TestStartRefused starts a service whose account can't run the program, although the caller has
// all rights.
func TestStartRefused(t *testing.T) {
	s, dir := installHelper(t, "plain")
	registerOther(t, s, windows.SERVICE_WIN32_OWN_PROCESS, windows.SERVICE_DEMAND_START, `"`+dir+`"`) // a directory can't be run
	s.Force = true
	err := s.Start(t.Context())
	require.ErrorIs(t, err, windows.ERROR_ACCESS_DENIED)
	require.ErrorIs(t, err, ErrStartFailed)
	assert.NotErrorIs(t, err, ErrAccessDenied)
	assert.ErrorContains(t, err, "icacls")
}
