package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/listen/firewall"
)

const (
	dockerEndpoint = `npipe:////./pipe/docker_engine`
	dockerGroup    = "docker-users"
)

const (
	userEnvironment    = `Environment`
	machineEnvironment = `SYSTEM\CurrentControlSet\Control\Session Manager\Environment`
)

func hideWindow(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
}

func systemLang(string) string {
	names, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil || len(names) == 0 {
		return "en"
	}
	return langOf(names[0])
}

func longPaths() *bool {
	n, err := integer(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\FileSystem`, "LongPathsEnabled")
	if err != nil {
		return nil
	}
	on := n == 1
	return &on
}

func integer(root registry.Key, path, name string) (uint64, error) {
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return 0, err
	}
	defer k.Close()
	n, _, err := k.GetIntegerValue(name)
	return n, err
}

func text(root registry.Key, path, name string) (string, error) {
	k, err := registry.OpenKey(root, path, registry.QUERY_VALUE)
	if err != nil {
		return "", err
	}
	defer k.Close()
	s, _, err := k.GetStringValue(name)
	return s, err
}

// keptIn returns which part of the registry holds a variable for later sessions.
func keptIn(name string) string {
	if _, err := text(registry.CURRENT_USER, userEnvironment, name); err == nil {
		return "user"
	}
	if _, err := text(registry.LOCAL_MACHINE, machineEnvironment, name); err == nil {
		return "machine"
	}
	return ""
}

// executes tries to run a program from dir: a copy of a small one of Windows'.
func executes(ctx context.Context, dir string) error {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp(dir, "doctor-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	from, err := os.Open(filepath.Join(system, "hostname.exe"))
	if err != nil {
		return err
	}
	defer from.Close()
	path := filepath.Join(tmp, "try.exe")
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = errors.Join(err, to.Close()); err != nil {
		return err
	}
	_, err = run(ctx, "", path)
	return err
}

func dialDocker(_ context.Context, endpoint string) error {
	path, ok := strings.CutPrefix(endpoint, "npipe://")
	if !ok {
		return fmt.Errorf("%s: %w", endpoint, errors.ErrUnsupported)
	}
	pipe, err := os.OpenFile(filepath.FromSlash(path), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return pipe.Close()
}

func gatherWindows(_ context.Context, _ Options, f *Facts) {
	v := windows.RtlGetVersion()
	f.Windows = &WindowsFacts{Major: v.MajorVersion, Build: v.BuildNumber,
		VirtFirmware: winapi.IsProcessorFeaturePresent(winapi.PF_VIRT_FIRMWARE_ENABLED),
		SLAT:         winapi.IsProcessorFeaturePresent(winapi.PF_SECOND_LEVEL_ADDRESS_TRANSLATION)}
}

func gatherPowerShell(ctx context.Context, _ Options, f *Facts) {
	f.PS = &PSFacts{}
	system, err := windows.GetSystemDirectory()
	if err == nil {
		var out string
		out, err = run(ctx, "", filepath.Join(system, "WindowsPowerShell", "v1.0", "powershell.exe"), "-NoProfile", "-NonInteractive", "-Command", batch)
		if err == nil {
			var parsed *PSFacts
			if parsed, err = parseBatch(out); err == nil {
				f.PS = parsed
			}
		}
	}
	f.PS.Err = message(err)
}

func gatherWSL(_ context.Context, _ Options, f *Facts) {
	f.WSL = &WSLFacts{}
	f.WSL.Version, _ = text(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows\CurrentVersion\Lxss\MSI`, "Version")
	const lxss = `SOFTWARE\Microsoft\Windows\CurrentVersion\Lxss`
	k, err := registry.OpenKey(registry.CURRENT_USER, lxss, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		if !errors.Is(err, registry.ErrNotExist) {
			f.WSL.Err = err.Error()
		}
		return
	}
	defer k.Close()
	names, _ := k.ReadSubKeyNames(-1)
	for _, name := range names {
		distro, err := text(registry.CURRENT_USER, lxss+`\`+name, "DistributionName")
		if err != nil {
			continue
		}
		version, _ := integer(registry.CURRENT_USER, lxss+`\`+name, "Version")
		f.WSL.Distros = append(f.WSL.Distros, Distro{Name: distro, Version: int(version)})
	}
}

func gatherFirewall(ctx context.Context, o Options, f *Facts) {
	program := o.Binary
	if program == "" {
		program, _ = os.Executable()
	}
	w := &FirewallFacts{Program: program, Port: o.Ports[0]}
	f.Firewall = w
	verdict, err := firewall.Check(ctx, firewall.Query{Program: program, Port: w.Port, Protocol: firewall.TCP})
	if err != nil {
		w.Err = err.Error()
		return
	}
	w.Verdict = map[string]string{}
	for profile, d := range map[string]firewall.Decision{"domain": verdict.Domain, "private": verdict.Private, "public": verdict.Public} {
		w.Verdict[profile] = map[firewall.Decision]string{firewall.NoRule: "no rule", firewall.Allowed: "allowed", firewall.Blocked: "blocked"}[d]
	}
}

func gatherConsole(_ context.Context, _ Options, f *Facts) {
	f.Console = &ConsoleFacts{Output: uint32(consolex.Output()),
		ANSI: uint32(consolex.ANSI()), OEM: uint32(consolex.OEM())}
}

func gatherClock(context.Context, Options, *Facts) {} // PowerShell's batch tells
