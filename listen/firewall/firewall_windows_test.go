package firewall

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// createKey creates a key of the machine with its parents. When the test ends, it deletes those
// that did not exist before.
func createKey(t *testing.T, path string) registry.Key {
	t.Helper()
	for i := range path + `\` {
		if i < len(path) && path[i] != '\\' {
			continue
		}
		k, existed, err := registry.CreateKey(registry.LOCAL_MACHINE, path[:i], registry.ALL_ACCESS|registry.WOW64_64KEY)
		require.NoError(t, err)
		require.NoError(t, k.Close())
		if !existed {
			t.Cleanup(func() { assert.NoError(t, registry.DeleteKey(registry.LOCAL_MACHINE, path[:i])) })
		}
	}
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.ALL_ACCESS|registry.WOW64_64KEY)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, k.Close()) })
	return k
}

// needFakeStore skips t if the rules that it writes would be the machine's.
func needFakeStore(t *testing.T) {
	t.Helper()
	if !testenv.IsWine() {
		t.Skip("a real Windows' rules are not to be faked")
	}
	testenv.NeedChange(t, "the firewall's keys in the registry")
	k, err := open(storeKeys[Local] + `\FirewallRules`)
	if err == nil {
		require.NoError(t, k.Close())
		t.Skip("this Wine has firewall rules already")
	}
}

func TestCheckRegistry(t *testing.T) {
	needFakeStore(t)
	local := createKey(t, storeKeys[Local]+`\FirewallRules`)
	for _, file := range []string{"rules-en.txt", "rules-zh.txt"} {
		for _, r := range captured(t, file) {
			require.NoError(t, local.SetStringValue(r.id, r.text))
		}
	}
	require.NoError(t, local.SetStringValue("broken", "v2.30|"))
	require.NoError(t, local.SetDWordValue("not a rule", 1))
	group := createKey(t, storeKeys[GroupPolicy]+`\FirewallRules`)
	require.NoError(t, group.SetStringValue("{g}", head+`Profile=Domain|App=%SystemDrive%\users\mei\go\bin\gateway.exe|Name=Gateway|`))
	mdm := createKey(t, storeKeys[MDM]+`\FirewallRules`)
	require.NoError(t, mdm.SetStringValue("{m}", head+"Profile=Domain|Protocol=6|LPort=8080|Name=网关|"))
	require.NoError(t, createKey(t, storeKeys[GroupPolicy]+`\PrivateProfile`).SetDWordValue("AllowLocalPolicyMerge", 0))
	require.NoError(t, createKey(t, storeKeys[Local]+`\StandardProfile`).SetDWordValue("DisableNotifications", 1))

	v, err := Check(t.Context(), Query{Program: `C:\Users\mei\go\bin\gateway.exe`, Port: 8080})
	require.NoError(t, err)
	assert.Equal(t, "domain: allowed, private: no rule, public: blocked", v.String())
	assert.Equal(t, []string{
		`domain: 2 rules, such as allow rule "Xbox", don't count: they are only for an app of the Store`,
		`domain: allow rule "Gateway" of Group Policy applies`,
		`domain: allow rule "网关" of MDM applies`,
		`domain,public: block rule "Banned addresses" applies only from 203.0.113.7, 198.51.100.0-198.51.100.255, 192.0.2.16-192.0.2.31, 2001:db8:bad::-2001:db8:bad:ffff:ffff:ffff:ffff:ffff`,
		`private: policy ignores this machine's own rules (AllowLocalPolicyMerge=0)`,
		`private: no rule allows it, and Windows won't ask (DisableNotifications=1)`,
		`public: block rule "gateway.exe" applies`,
		`texts that are not rules are ignored (1), such as rule "broken": has no Action`,
	}, v.Notes)
	assert.Len(t, v.Cancelled, 2)
	assert.Len(t, v.Hints, 3, "both Blocks go, and whom to ask; public networks stay closed")

	v, err = Check(t.Context(), Query{Program: `c:\users\王伟\项目\网关\网关.EXE`, Port: 8080, Protocol: UDP})
	require.NoError(t, err)
	assert.Equal(t, "domain: no rule, private: no rule, public: blocked", v.String())
	assert.Len(t, v.Cancelled, 2)

	v, err = Check(t.Context(), Query{Port: 8080, Loopback: true})
	require.NoError(t, err)
	assert.Equal(t, []string{"loopback only: not filtered"}, v.Notes)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Check(ctx, Query{Port: 8080})
	assert.ErrorIs(t, err, context.Canceled)

	require.NoError(t, Allow(t.Context(), Rule{Name: "Orders service", Program: `C:\srv\orders\orders.exe`}), "that rule is there already")
	if !system.elevated() {
		assert.ErrorIs(t, Allow(t.Context(), orders(func(*Rule) {})), ErrElevation)
		assert.ErrorIs(t, Remove(t.Context(), "Orders service"), ErrElevation)
	}
}

func TestRealPathFile(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	name := filepath.Join(dir, "订单 service.exe")
	assert.Equal(t, name, realPath(name), "there is no such file")
	require.NoError(t, os.WriteFile(name, nil, 0o600))
	t.Chdir(dir)
	assert.Equal(t, name, realPath(strings.ToUpper("订单 Service.exe")))
	assert.Equal(t, name, realPath(`\\?\`+name))
}

func TestCheckWithoutFirewall(t *testing.T) {
	if k, err := open(storeKeys[Local] + `\FirewallRules`); err == nil {
		require.NoError(t, k.Close())
		t.Skip("this Windows has firewall rules")
	}
	_, err := Check(t.Context(), Query{Port: 8080})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = Check(t.Context(), Query{Port: 8080, Loopback: true})
	assert.NoError(t, err)
}

// TestCheckWindows reads the default rules of a real Windows.
func TestCheckWindows(t *testing.T) {
	testenv.NeedWindows(t, "has no firewall rules")
	p, err := readPolicy(t.Context())
	require.NoError(t, err)
	rules, notes := p.parse(machineVariable(os.LookupEnv))
	assert.Empty(t, notes, "the grammar is not what this Windows writes")
	assert.Greater(t, len(rules), 50)
	for _, r := range rules {
		if keys := strings.Join(r.doubts, ", "); keys != "" {
			t.Logf("%v has unknown keys: %s", r, keys)
		}
	}
	v, err := Check(t.Context(), Query{Port: 8080})
	require.NoError(t, err)
	t.Log(v, v.Notes, v.Hints)
}

// TestAllowWindows adds a rule, checks that it lets the program in, and deletes it.
func TestAllowWindows(t *testing.T) {
	testenv.NeedWindows(t, "has a netsh that does nothing and says that all went well")
	testenv.NeedChange(t, "a firewall rule")
	if !elevated() {
		t.Skip("needs an elevated process")
	}
	name := fmt.Sprintf("surefoot test 订单 & (%d)", os.Getpid())
	program := filepath.Join(t.TempDir(), "orders & co.exe")
	require.NoError(t, os.WriteFile(program, nil, 0o600))
	r := Rule{Name: name, Program: program, Protocol: TCP, LocalPorts: []Ports{{First: 8080, Last: 8081}}, RemoteAddrs: []Scope{{Keyword: "LocalSubnet"}}}
	require.NoError(t, Allow(t.Context(), r))
	t.Cleanup(func() {
		require.NoError(t, Remove(context.WithoutCancel(t.Context()), name))
		v, err := Check(context.WithoutCancel(t.Context()), Query{Program: program, Port: 8080})
		require.NoError(t, err)
		assert.NotContains(t, strings.Join(v.Notes, "\n"), name)
	})
	v, err := Check(t.Context(), Query{Program: program, Port: 8080})
	require.NoError(t, err)
	assert.Contains(t, strings.Join(v.Notes, "\n"), name)
	require.NoError(t, Allow(t.Context(), r), "it is there already")
}
