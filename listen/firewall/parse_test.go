package firewall

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// head is a prefix that turns fields into a rule.
const head = "v2.30|Action=Allow|Active=TRUE|Dir=In|"

func addrs(first, last string) Scope {
	return Scope{First: netip.MustParseAddr(first), Last: netip.MustParseAddr(last)}
}

func TestParseRule(t *testing.T) {
	tests := []struct {
		name, text string
		want       Rule
	}{
		{"the least", "v2.0|Action=Block|Dir=Out|", Rule{Action: ActionBlock, Direction: Outbound}},
		{"capitals", "V2.0|Action=Allow|Dir=In|LPORT=68|RPort=67|Protocol=17|app=x|", Rule{Protocol: UDP, LocalPorts: []Ports{{First: 68, Last: 68}}, RemotePorts: []Ports{{First: 67, Last: 67}}, Program: "x"}},
		{"another major version", "V4.0|Action=Block|Dir=Out|", Rule{Action: ActionBlock, Direction: Outbound, doubts: []string{"version V4.0"}}},
		{"never made active", "v2.10|Action=Allow|Dir=In|", Rule{Disabled: true}},
		{"a block that was never made active", "v2.10|Action=Block|Dir=In|", Rule{Action: ActionBlock}},
		{"no last bar", "v2.0|Action=Allow|Active=TRUE|Dir=In", Rule{}},
		{"keys and words in another case", "v2.30|ACTION=allow|active=True|dir=IN|", Rule{}},
		{"inactive", "v2.30|Action=Allow|Active=FALSE|Dir=In|", Rule{Disabled: true}},
		{"bypass", "v2.30|Action=ByPass|Active=TRUE|Dir=In|", Rule{Action: ActionBypass}},
		{"profiles", head + "Profile=Domain|Profile=Public|", Rule{Profiles: Domain | Public}},
		{"names", head + "Name=a=b, \"c\"|Desc=|EmbedCtxt=@x.dll,-1|", Rule{Name: `a=b, "c"`, fields: []field{{"EmbedCtxt", "EmbedCtxt", "@x.dll,-1"}}}},
		{"program and service", head + `App=%SystemRoot%\x.exe|Svc=*|`, Rule{Program: `%SystemRoot%\x.exe`, Service: "*"}},
		{"protocol 0", head + "Protocol=0|", Rule{Protocol: hopopt}},
		{"protocol 255", head + "Protocol=255|", Rule{Protocol: 255}},
		{"ports", head + "Protocol=6|LPort=80|LPort2_10=5000-5010|LPort=RPC|RPort=0|RPort2_10=1-65535|",
			Rule{Protocol: TCP, LocalPorts: []Ports{{First: 80, Last: 80}, {First: 5000, Last: 5010}, {Keyword: "RPC"}},
				RemotePorts: []Ports{{First: 0, Last: 0}, {First: 1, Last: 65535}}}},
		{"keywords of later versions", head + "Protocol=17|LPort2_20=DHCP|LPort2_25=mDNS|LPort2_99=NewThing|RPort2_28=CortanaOut|",
			Rule{Protocol: UDP, LocalPorts: []Ports{{Keyword: "DHCP"}, {Keyword: "mDNS"}, {Keyword: "NewThing"}}, RemotePorts: []Ports{{Keyword: "CortanaOut"}}}},
		{"IPv4", head + "LA4=10.1.2.3|RA4=10.0.0.5-10.0.0.9|RA4=10.1.2.3/8|RA4=10.1.2.3/255.255.255.0|RA4=0.0.0.0/0|RA4=LocalSubnet|RA42=IntErnet|",
			Rule{LocalAddrs: []Scope{addrs("10.1.2.3", "10.1.2.3")}, RemoteAddrs: []Scope{addrs("10.0.0.5", "10.0.0.9"), addrs("10.0.0.0", "10.255.255.255"),
				addrs("10.1.2.0", "10.1.2.255"), addrs("0.0.0.0", "255.255.255.255"), {Keyword: "LocalSubnet", Family: 4}, {Keyword: "IntErnet", Family: 4}}}},
		{"IPv6", head + "LA6=fe80::/64|RA6=2001:db8::1-2001:db8::ff|RA6=::/0|RA6=DefaultGateway|",
			Rule{LocalAddrs: []Scope{addrs("fe80::", "fe80::ffff:ffff:ffff:ffff")}, RemoteAddrs: []Scope{addrs("2001:db8::1", "2001:db8::ff"),
				addrs("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), {Keyword: "DefaultGateway", Family: 6}}}},
		{"what is not used is kept as it is", head + "Edge=1|Defer=Nobody|Protocol=1|ICMP4=x|ICMP4=3:4|Security=None|IF=eth0|SkipVer=|TTK2_22=a b|RMAuth=O:LSD:(A;;CC;;;WD)|",
			Rule{Protocol: 1, fields: []field{{"Edge", "Edge", "1"}, {"Defer", "Defer", "Nobody"}, {"ICMP4", "ICMP4", "x"}, {"ICMP4", "ICMP4", "3:4"}, {"Security", "Security", "None"},
				{"IF", "IF", "eth0"}, {"SkipVer", "SkipVer", ""}, {"TTK", "TTK2_22", "a b"}, {"RMauth", "RMAuth", "O:LSD:(A;;CC;;;WD)"}}}},
		{"platforms", head + "Platform=2:6:2|Platform2=GTEQ|LOM=TRUE|",
			Rule{fields: []field{{"Platform", "Platform", "2:6:2"}, {"Platform2", "Platform2", "GTEQ"}, {"LOM", "LOM", "TRUE"}}}},
		{"unknown keys", "v2.255|Action=Allow|Active=TRUE|Dir=In|Fqbn=x=y|New2_99=|New2_99=2|",
			Rule{fields: []field{{"", "Fqbn", "x=y"}, {"", "New2_99", ""}, {"", "New2_99", "2"}}, doubts: []string{"Fqbn", "New2_99", "New2_99"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.want.ID = "id"
			got, err := ParseRule("id", test.text)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestParseRuleErrors(t *testing.T) {
	tests := []struct{ name, text, field, reason string }{
		{"empty", "", "", "begins with its version"},
		{"no version", "Action=Allow|Dir=In|", "Action=Allow", "begins with its version"},
		{"version 1", "v1.0|Action=Allow|Dir=In|", "v1.0", "no version before 2.0"},
		{"version without a dot", "v2|Action=Allow|Dir=In|", "v2", "want a version"},
		{"version of more than a byte", "v2.256|Action=Allow|Dir=In|", "v2.256", "256 is above 255"},
		{"version with a sign", "v2.+1|Action=Allow|Dir=In|", "v2.+1", `"+1" is not a number`},
		{"no action", "v2.30|Dir=In|", "", "has no Action"},
		{"no direction", "v2.30|Action=Allow|", "", "has no Dir"},
		{"no key", head + "=x|", "=x", "is not KEY=VALUE"},
		{"no equals sign", head + "Name|", "Name", "is not KEY=VALUE"},
		{"empty field", head + "|Name=x|", "", "is not KEY=VALUE"},
		{"action", "v2.30|Action=Maybe|Dir=In|", "Action=Maybe", "want one of Allow, Block, ByPass"},
		{"direction", "v2.30|Action=Allow|Dir=Up|", "Dir=Up", "want one of In, Out"},
		{"boolean", head + "LOM=1|", "LOM=1", "want TRUE or FALSE"},
		{"profile", head + "Profile=Home|", "Profile=Home", "want one of Domain, Private, Public"},
		{"twice", head + "Name=a|name=b|", "name=b", "twice"},
		{"protocol", head + "Protocol=256|", "Protocol=256", "256 is above 255"},
		{"no protocol", head + "Protocol=|", "Protocol=", "a number is missing"},
		{"port of another protocol", head + "Protocol=1|RPort=80|", "RPort=80", "needs the protocol TCP (6) or UDP (17)"},
		{"port without a protocol", head + "LPort=80|", "LPort=80", "needs the protocol"},
		{"port", head + "Protocol=6|LPort=65536|", "LPort=65536", "65536 is above 65535"},
		{"huge port", head + "Protocol=6|LPort=99999999999999999999|", "LPort=99999999999999999999", "above 65535"},
		{"no port", head + "Protocol=6|LPort=|", "LPort=", `"" is not a keyword`},
		{"port range", head + "Protocol=6|LPort2_10=9-1|", "LPort2_10=9-1", "ends before it begins"},
		{"half a range", head + "Protocol=6|LPort2_10=9-|", "LPort2_10=9-", "a number is missing"},
		{"port list", head + "Protocol=6|LPort=80,443|", "LPort=80,443", `"80,443" is not a number`},
		{"address of the other family", head + "RA4=::1|", "RA4=::1", `"::1" is not an IPv4 address`},
		{"mapped address", head + "RA6=1.2.3.4|", "RA6=1.2.3.4", "is not an IPv6 address"},
		{"zone", head + "RA6=fe80::1%1|", "RA6=fe80::1%1", "is not an IPv6 address"},
		{"prefix", head + "RA4=1.2.3.4/33|", "RA4=1.2.3.4/33", "33 is above 32"},
		{"mask with a hole", head + "RA4=1.2.3.4/255.0.255.0|", "RA4=1.2.3.4/255.0.255.0", "is not a subnet mask"},
		{"address range", head + "RA6=::2-::1|", "RA6=::2-::1", "ends before it begins"},
		{"local keyword", head + "LA4=LocalSubnet|", "LA4=LocalSubnet", "is not an IPv4 address"},
		{"platform", head + "Platform=2:6|", "Platform=2:6", "want PLATFORM:MAJOR:MINOR"},
		{"platform's number", head + "Platform=8:6:1|", "Platform=8:6:1", "8 is above 7"},
		{"remains of an edit", head + "Defer=User|0", "0", "is not KEY=VALUE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := ParseRule("the id", test.text)
			assert.Zero(t, r)
			var syntax *syntaxError
			require.ErrorAs(t, err, &syntax)
			assert.Equal(t, "the id", syntax.rule)
			assert.Equal(t, test.field, syntax.field)
			assert.Contains(t, syntax.reason, test.reason)
			assert.True(t, strings.HasPrefix(err.Error(), `firewall: rule "the id": `), err)
		})
	}
}

// captured reads the rules of a file under testdata.
func captured(t testing.TB, file string) []registryRule {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	var rules []registryRule
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if id, text, ok := strings.Cut(line, "\t"); ok && !strings.HasPrefix(line, "#") {
			rules = append(rules, registryRule{id: id, text: text})
		}
	}
	return rules
}

func parsed(t testing.TB, file string) []Rule {
	t.Helper()
	rules, notes := registryPolicy{rules: captured(t, file)}.parse(standardVariable)
	require.Empty(t, notes)
	return rules
}

func TestParseCaptured(t *testing.T) {
	en, zh := parsed(t, "rules-en.txt"), parsed(t, "rules-zh.txt")
	assert.Len(t, en, 22)
	assert.Len(t, zh, 6)
	for _, r := range append(en, zh...) {
		assert.Empty(t, r.doubts, r.ID)
	}
	assert.Equal(t, Rule{
		ID: "{8D7A1E52-4B7B-4E3D-9C35-0F6C2B1D7A10}", Name: "订单服务（入站）", Description: "允许局域网访问订单服务 [TCP 8080]",
		Profiles: Domain | Private, Protocol: TCP, LocalPorts: []Ports{{First: 8080, Last: 8080}, {First: 9000, Last: 9010}},
		RemoteAddrs: []Scope{{Keyword: "LocalSubnet", Family: 4}, {Keyword: "LocalSubnet", Family: 6}}, Program: `D:\服务\订单\订单服务.exe`,
		fields: []field{{"EmbedCtxt", "EmbedCtxt", "订单"}},
	}, zh[2])
}

func FuzzParseRule(f *testing.F) {
	for _, file := range []string{"rules-en.txt", "rules-zh.txt"} { // real texts
		for _, r := range captured(f, file) {
			f.Add(r.text)
		}
	}
	for _, r := range fieldRules(f) {
		f.Add(r.text)
	}
	f.Add("")                                              // nothing
	f.Add("v2.30|Action=Allow|Dir=In")                     // no bar at the end
	f.Add(head + "Protocol=6|LPort2_10=0-65535|")          // every port
	f.Add(head + "RA4=1.2.3.4/255.255.255.255|RA6=::/128") // edges of subnets
	f.Add(head + "Fqbn=a|Security2_9=An-NoEncap|NNm=b|")   // rare and unknown keys
	f.Add(head + "Protocol=6|LPort=-1|LPort=+1|LPort=1-2-3|")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule("id", text)
		if err != nil {
			assert.Zero(t, r)
			assert.ErrorAs(t, err, new(*syntaxError))
			return
		}
		assert.Equal(t, "id", r.ID)
		for _, p := range append(r.LocalPorts, r.RemotePorts...) {
			assert.True(t, 0 <= p.First && p.First <= p.Last && p.Last <= 65535 && (p.Keyword == "" || p.Last == 0), p)
			assert.Contains(t, []Protocol{TCP, UDP}, r.Protocol)
		}
		for _, s := range append(r.LocalAddrs, r.RemoteAddrs...) {
			assert.True(t, s.Keyword != "" && s.Family != 0 || s.contains(s), s)
		}
		evaluateFuzzed(t, r)
	})
}

// evaluateFuzzed checks properties of Evaluate that hold for any rule.
func evaluateFuzzed(t *testing.T, r Rule) {
	for _, q := range []Query{
		{Program: r.Program, Port: 8080, Service: r.Service},
		{Program: r.Program, Port: 8080, Service: r.Service, Remote: netip.MustParseAddr("192.0.2.1")},
		{Program: r.Program, Port: 53, Protocol: UDP, Remote: netip.MustParseAddr("2001:db8::1")},
	} {
		alone := Evaluate([]Rule{r}, q)
		block := Rule{Action: ActionBlock}
		beaten := Evaluate([]Rule{r, block}, q)
		for i, d := range []Decision{alone.Domain, alone.Private, alone.Public} {
			assert.Equal(t, Blocked, []Decision{beaten.Domain, beaten.Private, beaten.Public}[i], "a block of everything beats all")
			if d != NoRule {
				assert.True(t, r.Profiles.Has(all[i]) && r.Direction == Inbound && !r.Disabled)
				assert.Equal(t, r.Action == ActionBlock, d == Blocked)
			}
		}
	}
}
