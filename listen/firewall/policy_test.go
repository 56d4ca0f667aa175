package firewall

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
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
		{"shielded", profile{shielded: true}, []Rule{local}, Blocked, "all incoming connections are blocked, also those of allowed programs"},
		{"open", profile{open: true}, nil, Allowed, "what no rule matches is allowed (DefaultInboundAction=0)"},
		{"open, and a block", profile{open: true}, []Rule{block}, Blocked, `block rule "block" applies`},
		{"open, and a block of some", profile{open: true}, []Rule{some}, Allowed, `block rule "some" applies only from 192.0.2.0-192.0.2.255`},
		{"local rules are ignored", profile{noLocal: true}, []Rule{local, block}, NoRule, "policy ignores this machine's own rules (AllowLocalPolicyMerge=0)"},
		{"but policy's are not", profile{noLocal: true}, []Rule{group, block}, Allowed, `allow rule "policy's" of Group Policy applies`},
		{"nobody will be asked", profile{quiet: true}, nil, NoRule, "no rule allows it, and Windows won't ask (DisableNotifications=1)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var notes []string
			got := decide(test.rules, test.profile, Domain, Query{Program: `C:\x.exe`, Port: 80}, func(format string, args ...any) {
				notes = append(notes, fmt.Sprintf(format, args...))
			})
			assert.Equal(t, test.want, got)
			assert.Contains(t, notes, test.note)
		})
	}
}

func TestHints(t *testing.T) {
	q := Query{Program: `C:\srv\订单 服务\orders.exe`, Port: 8080}
	line := `netsh advfirewall firewall add rule name=orders dir=in action=allow program="C:\srv\订单 服务\orders.exe" profile="private,public" protocol=TCP localport=8080`
	assert.Equal(t, []string{line}, evaluate(nil, [len(all)]profile{{off: true}}, q).Hints)
	assert.Empty(t, evaluate(nil, [len(all)]profile{{off: true}, {open: true}, {off: true}}, q).Hints, "all is well")
	assert.Empty(t, evaluate(nil, [len(all)]profile{{shielded: true}, {shielded: true}, {shielded: true}}, q).Hints, "no rule would help")

	byPolicy := evaluate(nil, [len(all)]profile{{noLocal: true}, {}, {}}, q).Hints
	assert.Len(t, byPolicy, 2)
	assert.Contains(t, byPolicy[0], "Group Policy")
	assert.Equal(t, line, byPolicy[1])

	q.Program = `C:\srv\$(calc)\orders.exe`
	assert.Empty(t, Evaluate(nil, q).Hints, "no line is safe to paste")
}
