package firewall

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

// storeKeys are the stores' keys. Each holds the rules in FirewallRules and the profiles' settings
// in keys of their own.
var storeKeys = [...]string{
	Local:       `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy`,
	GroupPolicy: `SOFTWARE\Policies\Microsoft\WindowsFirewall`,
	MDM:         `SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\Mdm`,
}

// profileKeys are the keys beside FirewallRules that merge uses, and settings are the values that
// it reads from them.
var (
	profileKeys = []string{"DomainProfile", "PrivateProfile", "PublicProfile", "StandardProfile"}
	settings    = []string{"EnableFirewall", "DoNotAllowExceptions", "DefaultInboundAction", "AllowLocalPolicyMerge", "DisableNotifications"}
)

func readPolicy(ctx context.Context) (registryPolicy, error) {
	return gather(func(store Store) (storeContent, error) {
		var content storeContent
		if err := ctx.Err(); err != nil {
			return content, err
		}
		rules, err := readRules(store)
		if err != nil && !errors.Is(err, registry.ErrNotExist) {
			return content, fmt.Errorf(`firewall: reading HKLM\%s\FirewallRules: %w`, storeKeys[store], err)
		}
		content.rules, content.found = rules, err == nil
		content.profiles = map[string]map[string]uint64{}
		for _, key := range profileKeys {
			values, err := readValues(storeKeys[store] + `\` + key)
			if err != nil {
				return content, fmt.Errorf(`firewall: reading HKLM\%s\%s: %w`, storeKeys[store], key, err)
			}
			content.profiles[key] = values
		}
		return content, nil
	})
}

func open(path string) (registry.Key, error) {
	return registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE|registry.WOW64_64KEY)
}

func readRules(store Store) ([]registryRule, error) {
	k, err := open(storeKeys[store] + `\FirewallRules`)
	if err != nil {
		return nil, err
	}
	defer k.Close()
	names, err := k.ReadValueNames(0)
	if err != nil {
		return nil, err
	}
	var rules []registryRule
	for _, name := range names {
		text, _, err := k.GetStringValue(name)
		if errors.Is(err, registry.ErrNotExist) || errors.Is(err, registry.ErrUnexpectedType) {
			continue // deleted since, or not a rule
		}
		if err != nil {
			return nil, err
		}
		rules = append(rules, registryRule{store: store, id: name, text: text})
	}
	return rules, nil
}

// readValues returns the numbers in a key, or nil if there is no such key.
func readValues(path string) (map[string]uint64, error) {
	k, err := open(path)
	if errors.Is(err, registry.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer k.Close()
	values := map[string]uint64{}
	for _, name := range settings {
		n, _, err := k.GetIntegerValue(name)
		if err == nil {
			values[name] = n
		} else if !errors.Is(err, registry.ErrNotExist) && !errors.Is(err, registry.ErrUnexpectedType) {
			return nil, err
		}
	}
	return values, nil
}

func elevated() bool { return windows.GetCurrentProcessToken().IsElevated() }

// realPath returns the full path by which the kernel, and so the firewall, knows the file: without
// short names, links and mapped drives. If the file can't be opened, realPath returns path
// unchanged.
func realPath(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		path = full
	}
	f, err := os.Open(path)
	if err != nil {
		return path
	}
	defer f.Close()
	buf := make([]uint16, windows.MAX_LONG_PATH)
	n, err := windows.GetFinalPathNameByHandle(windows.Handle(f.Fd()), &buf[0], uint32(len(buf)), 0)
	if err != nil || int(n) >= len(buf) {
		return path
	}
	if final := cleanPath(windows.UTF16ToString(buf[:n])); isFullPath(final) {
		return final
	}
	return path
}

// netsh runs Windows' own netsh, without a window.
func netsh(ctx context.Context, args []string) (output string, err error) {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "netsh.exe"), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
	out, err := cmd.CombinedOutput()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		err = fmt.Errorf("netsh: %w", err)
	}
	return strings.Join(strings.Fields(decode(out)), " "), err
}

// decode decodes the output of netsh to a pipe, which is in the OEM code page.
func decode(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	buf := make([]uint16, len(b))
	n, err := windows.MultiByteToWideChar(winapi.GetOEMCP(), 0, &b[0], int32(len(b)), &buf[0], int32(len(buf)))
	if err != nil {
		return strings.ToValidUTF8(string(b), "?")
	}
	return windows.UTF16ToString(buf[:n])
}
