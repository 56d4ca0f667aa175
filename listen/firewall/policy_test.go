package firewall

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMerge(t *testing.T) {
	type values = map[string]uint64
	type keys = map[string]values
	type stores = map[Store]map[string]map[string]uint64
	const on, off = 1, 0
	three := func(p profile) [len(all)]profile { return [len(all)]profile{p, p, p} }
	tests := []struct {
		name string
		have stores
		want [len(all)]profile
	}{
		{"nothing is set", nil, three(profile{})},
		{"what Windows comes with", stores{Local: keys{
			"DomainProfile":   {"EnableFirewall": on, "DisableNotifications": off},
			"StandardProfile": {"EnableFirewall": on, "DisableNotifications": off},
			"PublicProfile":   {"EnableFirewall": on, "DisableNotifications": off},
		}}, three(profile{})},
		{"each off at its place", stores{Local: keys{
			"DomainProfile":   {"EnableFirewall": off},
			"StandardProfile": {"DefaultInboundAction": off},
			"PublicProfile":   {"DoNotAllowExceptions": on, "DisableNotifications": on},
		}}, [...]profile{{off: true}, {open: true}, {shielded: true, quiet: true}}},
		{"Group Policy wins", stores{
			Local:       keys{"DomainProfile": {"EnableFirewall": off, "DefaultInboundAction": off, "DisableNotifications": on}},
			GroupPolicy: keys{"DomainProfile": {"EnableFirewall": on, "DefaultInboundAction": on, "DisableNotifications": off}},
		}, [...]profile{{}, {}, {}}},
		{"the device management comes second", stores{
			Local:       keys{"PublicProfile": {"EnableFirewall": on, "DefaultInboundAction": on}},
			MDM:         keys{"PublicProfile": {"EnableFirewall": off, "DefaultInboundAction": off}},
			GroupPolicy: keys{"PublicProfile": {"EnableFirewall": on}},
		}, [...]profile{{}, {}, {open: true}}},
		{"a shield that is up anywhere is up", stores{
			Local:       keys{"PublicProfile": {"DoNotAllowExceptions": on}, "DomainProfile": {"DoNotAllowExceptions": off}},
			MDM:         keys{"PrivateProfile": {"DoNotAllowExceptions": on}},
			GroupPolicy: keys{"PublicProfile": {"DoNotAllowExceptions": off}, "DomainProfile": {"DoNotAllowExceptions": on}},
		}, three(profile{shielded: true})},
		{"local rules are ignored", stores{GroupPolicy: keys{"PublicProfile": {"AllowLocalPolicyMerge": off}}}, [...]profile{{}, {}, {noLocal: true}}},
		{"the local store has no say in that", stores{Local: keys{"PublicProfile": {"AllowLocalPolicyMerge": off}}}, three(profile{})},
		{"Standard stands for private and public", stores{GroupPolicy: keys{"StandardProfile": {"EnableFirewall": off}}},
			[...]profile{{}, {off: true}, {off: true}}},
		{"but not if one has a key of its own", stores{GroupPolicy: keys{"StandardProfile": {"EnableFirewall": off}, "PublicProfile": {}}}, three(profile{})},
		{"and not for settings of later Windows", stores{GroupPolicy: keys{"StandardProfile": {"AllowLocalPolicyMerge": off, "DefaultInboundAction": off}}}, three(profile{})},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, registryPolicy{profiles: test.have}.merge())
		})
	}
}

func TestEvaluateSettings(t *testing.T) {
	local := rule(t, "l", "Action=Allow|Active=TRUE|Dir=In|Name=local|")
	group := rule(t, "g", "Action=Allow|Active=TRUE|Dir=In|Name=policy's|")
	group.Store = GroupPolicy
	block := rule(t, "b", "Action=Block|Active=TRUE|Dir=In|Name=block|")
	some := rule(t, "s", "Action=Block|Active=TRUE|Dir=In|RA4=192.0.2.0/24|Name=some|")
	tests := []struct {
		name    string
		profile profile
		rules   []Rule
		want    Decision
		note    string
	}{
		{"off", profile{off: true}, []Rule{block}, Allowed, "Windows Firewall is off"},
		{"off beats shielded", profile{off: true, shielded: true}, nil, Allowed, "Windows Firewall is off"},
		{"shielded", profile{shielded: true}, []Rule{local}, Blocked, "all incoming connections are blocked, even those of allowed programs"},
		{"open", profile{open: true}, nil, Allowed, "what no rule matches is allowed (DefaultInboundAction=0)"},
		{"open, and a block", profile{open: true}, []Rule{block}, Blocked, `block rule "block" applies`},
		{"open, and a block of some", profile{open: true}, []Rule{some}, Allowed, `block rule "some" applies only from 192.0.2.0-192.0.2.255`},
		{"local rules are ignored", profile{noLocal: true}, []Rule{local, block}, NoRule, "policy ignores this machine's own rules (AllowLocalPolicyMerge=0)"},
		{"but policy's are not", profile{noLocal: true}, []Rule{group, block}, Allowed, `allow rule "policy's" of Group Policy applies`},
		{"no prompt", profile{quiet: true}, nil, NoRule, "no rule allows it, and Windows won't ask (DisableNotifications=1)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var n notes
			got, _ := decide(test.rules, test.profile, Domain, Query{Program: `C:\x.exe`, Port: 80}, ruleNotes{&n, Domain | Private | Public})
			assert.Equal(t, test.want, got)
			assert.Contains(t, n.list(), test.note)
		})
	}
}

func TestHints(t *testing.T) {
	q := Query{Program: `C:\srv\订单 服务\orders.exe`, Port: 8080}
	line := func(profiles string) string {
		return `netsh advfirewall firewall add rule name=orders dir=in action=allow program="C:\srv\订单 服务\orders.exe" profile=` + profiles + ` protocol=TCP localport=8080`
	}
	assert.Equal(t, []string{line(`"domain,private"`)}, Evaluate(nil, q).Hints, "public networks stay closed")
	assert.Equal(t, []string{line("private")}, evaluate(nil, [len(all)]profile{{off: true}}, q).Hints)
	assert.Empty(t, evaluate(nil, [len(all)]profile{{off: true}, {open: true}, {off: true}}, q).Hints, "all is well")
	assert.Empty(t, evaluate(nil, [len(all)]profile{{off: true}, {off: true}}, q).Hints, "only public networks are closed")
	assert.Empty(t, evaluate(nil, [len(all)]profile{{shielded: true}, {shielded: true}, {shielded: true}}, q).Hints, "no rule would help")

	byPolicy := evaluate(nil, [len(all)]profile{{noLocal: true}, {}, {}}, q).Hints
	assert.Len(t, byPolicy, 2)
	assert.Contains(t, byPolicy[0], "Group Policy")
	assert.Equal(t, line("private"), byPolicy[1])

	asked := q
	asked.Profiles = Public
	assert.Equal(t, []string{line("public")}, Evaluate(nil, asked).Hints)
	asked.Profiles = Domain | Private | Public
	assert.NotContains(t, Evaluate(nil, asked).Hints[0], "profile=")

	q.Program = `C:\srv\$(calc)\orders.exe`
	assert.Empty(t, Evaluate(nil, q).Hints, "no line is safe to paste")
}

// TestHintsRemoveBlocks checks that hints remove this machine's Block rule, and add an Allow rule
// only if there is none.
func TestHintsRemoveBlocks(t *testing.T) {
	q := Query{Program: `C:\srv\orders.exe`, Port: 8080}
	block := rule(t, "{b}", `Action=Block|Active=TRUE|Dir=In|Protocol=6|LPort=8080|App=C:\srv\orders.exe|Name=No orders|`)
	allow := rule(t, "{a}", `Action=Allow|Active=TRUE|Dir=In|App=C:\srv\orders.exe|Name=Orders|`)
	remove := `netsh advfirewall firewall delete rule name="No orders" dir=in program=C:\srv\orders.exe protocol=TCP localport=8080`
	add := `netsh advfirewall firewall add rule name=orders dir=in action=allow program=C:\srv\orders.exe profile="domain,private" protocol=TCP localport=8080`
	assert.Equal(t, []string{remove}, Evaluate([]Rule{allow, block}, q).Hints)
	assert.Equal(t, []string{remove, add}, Evaluate([]Rule{block}, q).Hints)

	policy := block
	policy.Store = GroupPolicy
	assert.Empty(t, Evaluate([]Rule{allow, policy}, q).Hints, "not this machine's to remove")

	some := rule(t, "{s}", "Action=Block|Active=TRUE|Dir=In|RA4=203.0.113.0/24|Name=Banned|")
	assert.Empty(t, Evaluate([]Rule{allow, some}, q).Hints, "it blocks others")

	resource := rule(t, "Stock-Block-1", "Action=Block|Active=TRUE|Dir=In|Name=@x.dll,-1|")
	assert.Equal(t, []string{`powershell -NoProfile -Command "Remove-NetFirewallRule -Name 'Stock-Block-1'"`}, Evaluate([]Rule{allow, resource}, q).Hints)
	resource.ID = "$(calc)"
	assert.Empty(t, Evaluate([]Rule{allow, resource}, q).Hints, "no line is safe to paste")
}

// TestGather checks that the other stores are evaluated if access to the device management's key is
// denied.
func TestGather(t *testing.T) {
	denied := fmt.Errorf("reading: %w", fs.ErrPermission)
	read := func(bad Store) func(Store) (storeContent, error) {
		return func(s Store) (storeContent, error) {
			if s == bad {
				return storeContent{}, denied
			}
			return storeContent{rules: []registryRule{{store: s, id: "r", text: head}}, found: s == Local}, nil
		}
	}
	p, err := gather(read(MDM))
	require.NoError(t, err)
	rules, notes := p.parse(standardVariable)
	assert.Len(t, rules, 2)
	assert.Len(t, notes, 1)
	assert.Contains(t, notes[0], "MDM")
	for _, s := range []Store{Local, GroupPolicy} {
		_, err = gather(read(s))
		assert.ErrorIs(t, err, fs.ErrPermission, s)
	}
	_, err = gather(func(Store) (storeContent, error) { return storeContent{}, nil })
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}
