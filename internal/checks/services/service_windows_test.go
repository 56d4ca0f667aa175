package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/pathx"
)

// The three as Windows services: installed by their own command, each with the services that it
// needs, configured by a file, used, stopped and gone without a trace.
func TestWindowsServices(t *testing.T) {
	testenv.NeedChange(t, "installs services")
	m, err := mgr.Connect()
	require.NoError(t, err)
	defer m.Disconnect()
	names := []string{"user-service", "order-service", "api-gateway"} // a service before those that need it
	needs := map[string][]string{"order-service": {"user-service"}, "api-gateway": {"user-service", "order-service"}}
	for _, name := range names {
		if s, err := m.OpenService(name); err == nil {
			s.Close()
			t.Skipf("a service %s is installed: it is not the test's", name)
		}
	}
	shared := filepath.Join(os.Getenv("ProgramData"), "devloop")
	if _, err := os.Stat(shared); err == nil {
		t.Skipf("%s is there: it is not the test's", shared)
	}

	// The programs lie where ordinary users can't write, as a service's must.
	dir, err := os.MkdirTemp(os.Getenv("ProgramFiles"), "devloop test ")
	require.NoError(t, err)
	t.Cleanup(func() { testenv.RemoveAll(t, dir) })
	require.NoError(t, pathx.EnsureDir(shared, true))
	t.Cleanup(func() { testenv.RemoveAll(t, shared) })
	data := filepath.Join(dir, "data 数据")
	port := map[string]string{}
	for _, name := range names {
		port[name] = freePort(t)
	}
	// The user service finds its file in ProgramData; the others are told at install.
	file := map[string]string{"user-service": filepath.Join(shared, "user-service.json"),
		"order-service": filepath.Join(dir, "orders config.json"), "api-gateway": filepath.Join(dir, "gateway.json")}
	flags := map[string][]string{"order-service": {"-config", file["order-service"]}, "api-gateway": {"-config", file["api-gateway"]}}
	exe := map[string]string{}
	for _, name := range names {
		program, err := os.ReadFile(program(t, name))
		require.NoError(t, err)
		exe[name] = filepath.Join(dir, name+".exe")
		require.NoError(t, os.WriteFile(exe[name], program, 0o755))
		config, err := json.Marshal(map[string]string{
			"listen":            "localhost:" + port[name],
			"data_dir":          data,
			"user_service_url":  "http://localhost:" + port["user-service"],
			"order_service_url": "http://localhost:" + port["order-service"],
		})
		require.NoError(t, err)
		require.NoError(t, pathx.WriteFile(file[name], config, 0o600))
	}
	control := func(name string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), exe[name], args...)
		cmd.Dir = t.TempDir() // which is not the program's
		out, err := cmd.CombinedOutput()
		return string(out), err
	}

	processes := map[string]windows.Handle{}
	t.Cleanup(func() {
		for _, name := range slices.Backward(names) { // where the test has failed on its way
			control(name, "stop")
			control(name, "uninstall")
		}
		for _, process := range processes {
			windows.CloseHandle(process)
		}
	})
	for _, name := range names {
		out, err := control(name, append([]string{"install"}, flags[name]...)...)
		require.NoError(t, err, out)
		line, services := registered(t, name)
		assert.Equal(t, needs[name], services, name)
		want := `"` + exe[name] + `"`
		for _, flag := range flags[name] {
			want += " " + windows.EscapeArg(flag)
		}
		assert.Equal(t, want, line)
		out, err = control(name, "start")
		require.NoError(t, err, "%s%s", out, output(name))
		s, err := m.OpenService(name)
		require.NoError(t, err)
		status, err := s.Query()
		require.NoError(t, err)
		require.NoError(t, s.Close())
		assert.Equal(t, svc.Running, status.State)
		processes[name], err = windows.OpenProcess(windows.SYNCHRONIZE, false, status.ProcessId)
		require.NoError(t, err)
	}

	for _, host := range []string{"127.0.0.1", "::1"} {
		gateway := "http://" + net.JoinHostPort(host, port["api-gateway"])
		user, order := shop(t, gateway)
		orders := must[[]object](t, 200, "GET", gateway+"/api/orders?user="+user, "", nil)
		require.Len(t, orders, 1)
		assert.Equal(t, order, orders[0]["id"])
	}
	client.CloseIdleConnections()
	for _, name := range []string{"users.db", "orders.db"} {
		assert.FileExists(t, filepath.Join(data, name))
	}
	assert.Contains(t, output("api-gateway"), "path=/api/orders status=201")

	for _, name := range slices.Backward(names) {
		out, err := control(name, "stop")
		require.NoError(t, err, out)
		out, err = control(name, "uninstall")
		require.NoError(t, err, out)
		event, err := windows.WaitForSingleObject(processes[name], uint32((30 * time.Second).Milliseconds()))
		require.NoError(t, err)
		assert.EqualValues(t, windows.WAIT_OBJECT_0, event, "%s has not ended", name)
	}
	for _, name := range names {
		assertGone(t, name)
		assert.NoError(t, os.RemoveAll(filepath.Dir(outputFile(name))), "its log, which stays for who wants to know why it ended")
	}
}

func assertGone(t *testing.T, name string) {
	t.Helper()
	for _, key := range []string{`SYSTEM\CurrentControlSet\Services\` + name,
		`SYSTEM\CurrentControlSet\Services\EventLog\Application\` + name} {
		_, err := registry.OpenKey(registry.LOCAL_MACHINE, key, registry.READ)
		assert.ErrorIs(t, err, registry.ErrNotExist, key)
	}
}

// output is what a service has written to its console's place.
func output(name string) string {
	data, err := os.ReadFile(outputFile(name))
	return fmt.Sprintf("%s %v", data, err)
}

func outputFile(name string) string {
	return filepath.Join(os.Getenv("ProgramData"), name, "output.log")
}

// registered is what the service control manager keeps of a service, with the names of the services
// that it needs. Wine's QueryServiceConfig leaves those out.
func registered(t *testing.T, name string) (commandLine string, needs []string) {
	t.Helper()
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+name, registry.READ)
	require.NoError(t, err)
	defer key.Close()
	commandLine, _, err = key.GetStringValue("ImagePath")
	require.NoError(t, err)
	needs, _, err = key.GetStringsValue("DependOnService")
	if !errors.Is(err, registry.ErrNotExist) {
		require.NoError(t, err)
	}
	return commandLine, needs
}
