package firewall

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeSystem replaces the system with a Windows that has these rules. It records netsh's arguments
// and returns result.
func fakeSystem(t *testing.T, p registryPolicy, isElevated bool, result error) (ran *[][]string) {
	t.Helper()
	saved := system
	t.Cleanup(func() { system = saved })
	ran = new([][]string)
	system.readPolicy = func(ctx context.Context) (registryPolicy, error) { return p, ctx.Err() }
	system.elevated = func() bool { return isElevated }
	system.realPath = func(path string) string { return path }
	system.netsh = func(_ context.Context, args []string) (string, error) {
		*ran = append(*ran, args)
		if result != nil {
			return "The requested operation requires elevation.", result
		}
		return "Ok.", nil
	}
	return ran
}

// withRules returns a policy with the rules of a file under testdata, and more.
func withRules(t *testing.T, file string, more ...registryRule) registryPolicy {
	t.Helper()
	return registryPolicy{rules: append(captured(t, file), more...)}
}

func TestCheck(t *testing.T) {
	p := withRules(t, "rules-zh.txt",
		registryRule{store: GroupPolicy, id: "{g}", text: head + "Profile=Public|Protocol=6|LPort=8080|Name=Orders from anywhere|"},
		registryRule{id: "broken", text: "v2.30|Action=Perhaps|Dir=In|"})
	p.profiles = map[Store]map[string]map[string]uint64{Local: {"DomainProfile": {"EnableFirewall": 0}}}
	fakeSystem(t, p, false, nil)

	v, err := Check(t.Context(), Query{Program: `d:\服务\订单\订单服务.exe`, Port: 8080})
	require.NoError(t, err)
	assert.Equal(t, "domain: allowed, private: allowed, public: allowed", v.String())
	assert.Equal(t, []string{
		"domain: Windows Firewall is off",
		`private: allow rule "订单服务（入站）" applies only from LocalSubnet (IPv4), LocalSubnet (IPv6)`,
		`public: allow rule "Orders from anywhere" of Group Policy applies`,
		`texts that are not rules are ignored (1), such as rule "broken": field "Action=Perhaps": want one of Allow, Block, ByPass`,
	}, v.Notes)
	assert.Empty(t, v.Hints)
}

func TestCheckThisProgram(t *testing.T) {
	fakeSystem(t, registryPolicy{}, false, nil)
	v, err := Check(t.Context(), Query{Port: 8080})
	require.NoError(t, err)
	assert.Equal(t, "domain: no rule, private: no rule, public: no rule", v.String())
	exe, err := os.Executable()
	require.NoError(t, err)
	assert.Equal(t, isTemporary(exe), v.Temporary)
}

func TestCheckLoopback(t *testing.T) {
	fakeSystem(t, registryPolicy{}, false, nil)
	system.readPolicy = func(context.Context) (registryPolicy, error) { return registryPolicy{}, errNoRules }
	v, err := Check(t.Context(), Query{Port: 8080, Loopback: true})
	require.NoError(t, err, "it needs no rules")
	assert.Equal(t, Verdict{Domain: Allowed, Private: Allowed, Public: Allowed, Notes: []string{"loopback only: not filtered"}}, v)
	_, err = Check(t.Context(), Query{Port: 8080})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestCheckErrors(t *testing.T) {
	fakeSystem(t, registryPolicy{}, false, nil)
	for _, q := range []Query{{Port: -1}, {Port: 65536}, {Port: 80, Protocol: 1}, {Protocol: hopopt}} {
		_, err := Check(t.Context(), q)
		assert.Error(t, err, q)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Check(ctx, Query{Port: 80})
	assert.ErrorIs(t, err, context.Canceled)
}

func TestUnsupported(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has Windows Firewall")
	}
	for _, loopback := range []bool{false, true} {
		_, err := Check(t.Context(), Query{Port: 8080, Loopback: loopback})
		assert.ErrorIs(t, err, errors.ErrUnsupported)
	}
	assert.ErrorIs(t, Allow(t.Context(), orders(func(*Rule) {})), errors.ErrUnsupported)
	assert.ErrorIs(t, Allow(t.Context(), Rule{}), errors.ErrUnsupported)
	assert.ErrorIs(t, Remove(t.Context(), "orders"), errors.ErrUnsupported)
}

func TestAllow(t *testing.T) {
	want := "netsh advfirewall firewall add rule name=orders dir=in action=allow program=C:\\srv\\orders.exe protocol=any"
	r := orders(func(*Rule) {})

	ran := fakeSystem(t, registryPolicy{}, true, nil)
	require.NoError(t, Allow(t.Context(), r))
	assert.Equal(t, [][]string{strings.Fields(want)[1:]}, *ran)

	ran = fakeSystem(t, registryPolicy{}, false, nil)
	err := Allow(t.Context(), r)
	assert.Empty(t, *ran)
	assert.ErrorIs(t, err, ErrElevation)
	assert.ErrorIs(t, err, fs.ErrPermission)
	var failed *Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, Error{Op: "allow", Name: "orders", Command: want, Err: ErrElevation}, *failed)
	assert.EqualError(t, err, `firewall: allow "orders": needs administrator rights; from an elevated prompt: `+want)

	exit := errors.New("netsh: exit status 1")
	fakeSystem(t, registryPolicy{}, true, exit)
	err = Allow(t.Context(), r)
	assert.ErrorIs(t, err, exit)
	assert.NotErrorIs(t, err, ErrElevation)
	assert.ErrorContains(t, err, "exit status 1: The requested operation requires elevation.; from an elevated prompt: netsh")
}

func TestAllowWithoutLine(t *testing.T) {
	r := orders(func(r *Rule) { r.Program = `C:\$(calc)\100%.exe` })
	fakeSystem(t, registryPolicy{}, false, nil)
	err := Allow(t.Context(), r)
	assert.ErrorIs(t, err, ErrElevation)
	var failed *Error
	require.ErrorAs(t, err, &failed)
	assert.Empty(t, failed.Command)
	assert.ErrorContains(t, err, "no command can be given that is safe to paste")

	ran := fakeSystem(t, registryPolicy{}, true, nil)
	require.NoError(t, Allow(t.Context(), r), "no shell is between this program and netsh")
	assert.Contains(t, (*ran)[0], `program=C:\$(calc)\100%.exe`)
}

func TestAllowExistingRule(t *testing.T) {
	text := `v2.33|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=8080|RA4=LocalSubnet|RA6=LocalSubnet|App=%ProgramData%\Orders\orders.exe|Name=Orders|`
	r := Rule{Name: "orders", Program: `c:\programdata\orders\orders.exe`, Profiles: Domain | Private, Protocol: TCP,
		LocalPorts: []Ports{{First: 8080, Last: 8080}}, RemoteAddrs: []Scope{{Keyword: "LocalSubnet"}}}
	fakeSystem(t, registryPolicy{rules: []registryRule{{id: "{1}", text: text}}}, false, nil)
	t.Setenv("ProgramData", `C:\ProgramData`)
	assert.NoError(t, Allow(t.Context(), r))

	for name, change := range map[string]func(*Rule){
		"port":     func(r *Rule) { r.LocalPorts = []Ports{{First: 8081, Last: 8081}} },
		"profiles": func(r *Rule) { r.Profiles = 0 },
		"peers":    func(r *Rule) { r.RemoteAddrs = nil },
		"program":  func(r *Rule) { r.Program = `C:\ProgramData\Orders\orders2.exe` },
		"name":     func(r *Rule) { r.Name = "Orders 2" },
	} {
		other := r
		change(&other)
		assert.ErrorIs(t, Allow(t.Context(), other), ErrElevation, name)
	}
	for name, rule := range map[string]registryRule{
		"of policy": {store: GroupPolicy, id: "{1}", text: text},
		"disabled":  {id: "{1}", text: strings.Replace(text, "Active=TRUE", "Active=FALSE", 1)},
		"a block":   {id: "{1}", text: strings.Replace(text, "Allow", "Block", 1)},
		"IPsec":     {id: "{1}", text: text + "Security=Authenticate|"},
	} {
		fakeSystem(t, registryPolicy{rules: []registryRule{rule}}, false, nil)
		assert.ErrorIs(t, Allow(t.Context(), r), ErrElevation, name)
	}
}

func TestRealPath(t *testing.T) {
	p := registryPolicy{rules: []registryRule{{id: "{1}", text: head + `App=C:\Users\runneradmin\x.exe|Name=x|`}}}
	fakeSystem(t, p, false, nil)
	system.realPath = func(path string) string { return strings.Replace(path, "RUNNER~1", "runneradmin", 1) }
	v, err := Check(t.Context(), Query{Program: `C:\Users\RUNNER~1\x.exe`, Port: 80})
	require.NoError(t, err)
	assert.Equal(t, Allowed, v.Public)
	assert.NoError(t, Allow(t.Context(), Rule{Name: "x", Program: `C:\Users\RUNNER~1\x.exe`}))
}

func TestAllowBadRule(t *testing.T) {
	ran := fakeSystem(t, registryPolicy{}, true, nil)
	var failed *Error
	require.ErrorAs(t, Allow(t.Context(), orders(func(r *Rule) { r.Name = `x" dir=out` })), &failed)
	assert.Empty(t, failed.Command)
	assert.Empty(t, *ran)
}

func TestRemove(t *testing.T) {
	p := withRules(t, "rules-en.txt", registryRule{store: GroupPolicy, id: "{g}", text: head + "Name=Policy's|"})
	const prompt = `TCP Query User{C7351DFF-C214-482C-83AB-2C48537B62E8}C:\users\mei\go\bin\gateway.exe`
	tests := []struct {
		name, remove string
		want         string // after "delete rule "
	}{
		{"by its name", "orders SERVICE", `name="orders SERVICE" dir=in`},
		{"by its ID", "{59CC776A-116B-4098-B5E4-7714C2D4B6AE}", `name="Orders service" dir=in program=C:\srv\orders\orders.exe`},
		{"the prompt's", prompt, `name=gateway.exe dir=in program=C:\users\mei\go\bin\gateway.exe protocol=TCP profile=public`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := "netsh advfirewall firewall delete rule " + test.want
			ran := fakeSystem(t, p, false, nil)
			err := Remove(t.Context(), test.remove)
			assert.ErrorIs(t, err, ErrElevation)
			var failed *Error
			require.ErrorAs(t, err, &failed)
			assert.Equal(t, want, failed.Command)
			assert.Empty(t, *ran)

			ran = fakeSystem(t, p, true, nil)
			require.NoError(t, Remove(t.Context(), test.remove))
			assert.Equal(t, [][]string{splitLine(t, want)[1:]}, *ran)
		})
	}
	for name, remove := range map[string]string{"none": "nobody's", "everything": "all", "policy's": "Policy's", "outbound": "CoreNet-ICMP6-RA-Out", "nothing": ""} {
		ran := fakeSystem(t, p, true, nil)
		assert.ErrorIs(t, Remove(t.Context(), remove), fs.ErrNotExist, name)
		assert.Empty(t, *ran, name)
	}
	ran := fakeSystem(t, p, true, nil)
	assert.ErrorContains(t, Remove(t.Context(), "CoreNet-Teredo-In"), "reference to a resource")
	assert.Empty(t, *ran)
}

func TestStrings(t *testing.T) {
	assert.Equal(t, "Decision(9)", Decision(9).String())
	assert.Equal(t, "Group Policy", GroupPolicy.String())
	assert.Equal(t, "out", Outbound.String())
	assert.Equal(t, "any", Profiles(0).String())
	assert.Equal(t, "0", hopopt.String())
	assert.Equal(t, "47", Protocol(47).String())
	assert.Equal(t, `block rule "{id}" of MDM`, Rule{ID: "{id}", Name: "@x.dll,-1", Action: ActionBlock, Store: MDM}.String())
}
