package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/listen/firewall"
)

const dockerGroup = "docker-users"

func systemGatherers() map[string]gatherer {
	return map[string]gatherer{
		"windows":    into(func(f *Facts) **WindowsFacts { return &f.Windows }, gatherWindows),
		"powershell": into(func(f *Facts) **PSFacts { return &f.PS }, gatherPowerShell),
		"wsl":        into(func(f *Facts) **WSLFacts { return &f.WSL }, gatherWSL),
		"firewall":   into(func(f *Facts) **FirewallFacts { return &f.Firewall }, gatherFirewall),
		"console":    into(func(f *Facts) **ConsoleFacts { return &f.Console }, gatherConsole),
		"clock":      into(func(f *Facts) **ClockFacts { return &f.Clock }, gatherClock),
		"long":       into(func(f *Facts) **LongFacts { return &f.Long }, gatherLong),
	}
}

// alone has a command open no window.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
}

func systemLang() string {
	names, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(names) == 0 {
		return ""
	}
	return names[0]
}

// openKey opens a key in the view of 64-bit programs, whatever this one is.
func openKey(root registry.Key, path string, access uint32) (registry.Key, error) {
	return registry.OpenKey(root, path, access|registry.WOW64_64KEY)
}

func integer(root registry.Key, path, name string) (uint64, error) {
	k, err := openKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return 0, err
	}
	defer k.Close()
	n, _, err := k.GetIntegerValue(name)
	return n, err
}

func text(root registry.Key, path, name string) (string, error) {
	k, err := openKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return "", err
	}
	defer k.Close()
	s, _, err := k.GetStringValue(name)
	return s, err
}

// keptIn returns which part of the registry holds a variable for later sessions.
func keptIn(name string) string {
	if _, err := text(registry.CURRENT_USER, `Environment`, name); err == nil {
		return "user"
	}
	if _, err := text(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Session Manager\Environment`, name); err == nil {
		return "machine"
	}
	return ""
}

// executes tries to run a copy of this program from dir. What has no reputation, as this program
// has none, is what Smart App Control and attack surface reduction rules stop; a program of
// Microsoft's would pass. If go run has built this one there, it has run.
func executes(ctx context.Context, dir string) error {
	self, err := os.Executable()
	if err != nil || inside("windows", self, dir) {
		return err
	}
	tmp, err := os.MkdirTemp(dir, "doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	path := filepath.Join(tmp, "try.exe")
	if err := copyFile(path, self); err != nil {
		return err
	}
	_, err = run(ctx, "", nil, path, "--list")
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) { // it was not stopped, whatever it makes of the flag
		return nil
	}
	return err
}

func copyFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

func dockerEndpoints() []endpoint {
	return []endpoint{{"desktop", "npipe:////./pipe/docker_engine"}, {"desktop", "npipe:////./pipe/dockerDesktopLinuxEngine"},
		{"podman", "npipe:////./pipe/podman-machine-default"}}
}

// openPipe connects to a named pipe. One whose instances are all taken is there.
func openPipe(path string) error {
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, windows.ERROR_PIPE_BUSY) {
		return nil
	}
	if err != nil {
		return err
	}
	return pipe.Close()
}

func gatherWindows(context.Context, *inquiry) (*WindowsFacts, error) {
	const workstation = 1 // VER_NT_WORKSTATION; servers and domain controllers have others
	v := windows.RtlGetVersion()
	return &WindowsFacts{Build: v.BuildNumber, Server: v.ProductType != workstation,
		VirtFirmware: windows.IsProcessorFeaturePresent(windows.PF_VIRT_FIRMWARE_ENABLED),
		SLAT:         windows.IsProcessorFeaturePresent(windows.PF_SECOND_LEVEL_ADDRESS_TRANSLATION)}, nil
}

func gatherPowerShell(ctx context.Context, _ *inquiry) (*PSFacts, error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	// Started from PowerShell 7, it would look for its modules among those of that.
	out, err := run(ctx, "", []string{"PSModulePath="}, filepath.Join(system, "WindowsPowerShell", "v1.0", "powershell.exe"), "-NoProfile", "-NonInteractive", "-Command", batch)
	ps, bad := parseBatch(out)
	if bad != nil {
		return nil, errors.Join(err, bad)
	}
	ps.Late = message(err)
	return ps, nil
}

func gatherWSL(context.Context, *inquiry) (*WSLFacts, error) {
	const lxss = `SOFTWARE\Microsoft\Windows\CurrentVersion\Lxss`
	w := &WSLFacts{}
	w.Version, _ = text(registry.LOCAL_MACHINE, lxss+`\MSI`, "Version") // that from the store only
	k, err := openKey(registry.CURRENT_USER, lxss, registry.ENUMERATE_SUB_KEYS)
	if errors.Is(err, registry.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	names, err := k.ReadSubKeyNames(-1)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		distro, err := text(registry.CURRENT_USER, lxss+`\`+name, "DistributionName")
		if err != nil {
			continue // not a distribution
		}
		version, _ := integer(registry.CURRENT_USER, lxss+`\`+name, "Version")
		w.Distros = append(w.Distros, Distro{Name: distro, Version: int(version)})
	}
	return w, nil
}

func gatherFirewall(ctx context.Context, in *inquiry) (*FirewallFacts, error) {
	w := &FirewallFacts{Program: in.Binary}
	for _, port := range in.Ports {
		v, err := firewall.Check(ctx, firewall.Query{Program: in.Binary, Port: port})
		if errors.Is(err, errors.ErrUnsupported) {
			return &FirewallFacts{None: true}, nil
		}
		if err != nil {
			return nil, err
		}
		if in.Binary == "" {
			v.Hints = nil // they would let in this very program
		}
		w.Verdicts = append(w.Verdicts, PortVerdict{Port: port, Domain: decisions[v.Domain], Private: decisions[v.Private], Public: decisions[v.Public],
			Notes: v.Notes, Hints: v.Hints, Temporary: v.Temporary})
	}
	return w, nil
}

var decisions = map[firewall.Decision]string{firewall.NoRule: "no rule", firewall.Allowed: "allowed", firewall.Blocked: "blocked"}

func gatherConsole(context.Context, *inquiry) (*ConsoleFacts, error) {
	c := &ConsoleFacts{ANSI: uint32(consolex.ANSI()), OEM: uint32(consolex.OEM())}
	if _, err := windows.GetConsoleOutputCP(); err == nil { // else consolex.Output is OEM
		c.Output = uint32(consolex.Output())
	}
	return c, nil
}

// gatherClock asks the Windows Time service. It is Manual by default: a trigger starts it where
// there is a network, and it ends when it has done its work.
func gatherClock(context.Context, *inquiry) (*ClockFacts, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return nil, err
	}
	defer windows.CloseServiceHandle(manager)
	const name = "W32Time"
	service, err := windows.OpenService(manager, windows.StringToUTF16Ptr(name), windows.SERVICE_QUERY_STATUS)
	if err != nil {
		return nil, fmt.Errorf("the service %s: %w", name, err)
	}
	defer windows.CloseServiceHandle(service)
	var status windows.SERVICE_STATUS
	if err := windows.QueryServiceStatus(service, &status); err != nil {
		return nil, fmt.Errorf("the service %s: %w", name, err)
	}
	start, err := integer(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Services\`+name, "Start")
	if err != nil {
		return nil, fmt.Errorf("the service %s: %w", name, err)
	}
	return judgeTimeService(status.CurrentState == windows.SERVICE_RUNNING, start), nil
}

func gatherLong(ctx context.Context, in *inquiry) (*LongFacts, error) {
	enabled, err := integer(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\FileSystem`, "LongPathsEnabled")
	if err != nil && !errors.Is(err, registry.ErrNotExist) {
		return nil, err
	}
	l := &LongFacts{Enabled: enabled == 1}
	if l.GitPath, err = exec.LookPath("git"); err == nil {
		l.Git, _ = run(ctx, in.Dir, nil, l.GitPath, "config", "--type=bool", "--get", "core.longpaths") // exit code 1: not set
	}
	return l, nil
}

func gatherHost(context.Context, *inquiry) (*HostFacts, error) { return &HostFacts{}, nil }

// foreign and open are about modes and owners, which access lists have in their place.
func foreign(string, os.FileInfo) bool { return false }
func open(os.FileInfo) bool            { return false }

// storedPaths are the user's and the machine's PATH in the registry.
func storedPaths() []string {
	user, _ := text(registry.CURRENT_USER, `Environment`, "Path") // none is empty
	machine, _ := text(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Session Manager\Environment`, "Path")
	return []string{user, machine}
}
