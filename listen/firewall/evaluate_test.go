package firewall

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rule parses the fields after the version of a rule called name.
func rule(t testing.TB, name, fields string) Rule {
	t.Helper()
	r, err := ParseRule(name, "v2.30|"+fields)
	require.NoError(t, err)
	return r
}

func TestEvaluate(t *testing.T) {
	const (
		allow = "Action=Allow|Active=TRUE|Dir=In|"
		block = "Action=Block|Active=TRUE|Dir=In|"
		exe   = `C:\srv\orders.exe`
	)
	tcp := Query{Program: exe, Port: 8080, Protocol: TCP}
	from := func(addr string) Query {
		q := tcp
		q.Remote = netip.MustParseAddr(addr)
		return q
	}
	with := func(change func(*Query)) Query {
		q := tcp
		change(&q)
		return q
	}
	service := with(func(q *Query) { q.Service = "orders" })
	windir := with(func(q *Query) { q.Program = `c:\windows\System32\x.exe` })
	tests := []struct {
		name  string
		rules []string
		query Query
		want  Decision // in all profiles
	}{
		{"nothing", nil, tcp, NoRule},
		{"everything", []string{allow}, tcp, Allowed},
		{"block beats allow", []string{allow, block, allow}, tcp, Blocked},
		{"block alone", []string{block}, tcp, Blocked},
		{"disabled allow", []string{"Action=Allow|Active=FALSE|Dir=In|"}, tcp, NoRule},
		{"disabled block", []string{allow, "Action=Block|Active=FALSE|Dir=In|"}, tcp, Allowed},
		{"never made active", []string{"Action=Allow|Dir=In|"}, tcp, NoRule},
		{"a block that was never made active", []string{allow, "Action=Block|Dir=In|"}, tcp, Blocked},
		{"outbound allow", []string{"Action=Allow|Active=TRUE|Dir=Out|"}, tcp, NoRule},
		{"outbound block", []string{allow, "Action=Block|Active=TRUE|Dir=Out|"}, tcp, Allowed},

		{"protocol", []string{allow + "Protocol=6|"}, tcp, Allowed},
		{"the other protocol", []string{allow + "Protocol=17|"}, tcp, NoRule},
		{"UDP", []string{allow + "Protocol=17|LPort=8080|"}, with(func(q *Query) { q.Protocol = UDP }), Allowed},
		{"no protocol asked for is TCP", []string{allow + "Protocol=6|"}, with(func(q *Query) { q.Protocol = 0 }), Allowed},
		{"HOPOPT is not any protocol", []string{allow + "Protocol=0|"}, tcp, NoRule},

		{"port", []string{allow + "Protocol=6|LPort=8080|"}, tcp, Allowed},
		{"another port", []string{allow + "Protocol=6|LPort=8081|"}, tcp, NoRule},
		{"port in a list", []string{allow + "Protocol=6|LPort=80|LPort=8080|"}, tcp, Allowed},
		{"port in a range", []string{allow + "Protocol=6|LPort2_10=8000-8080|"}, tcp, Allowed},
		{"port past a range", []string{allow + "Protocol=6|LPort2_10=8000-8079|"}, tcp, NoRule},
		{"ports of RPC", []string{allow + "Protocol=6|LPort=RPC|LPort=RPC-EPMap|"}, tcp, NoRule},
		{"block of IPHTTPS's port", []string{allow, block + "Protocol=6|LPort2_10=IPHTTPSIn|"}, tcp, Allowed},
		{"the endpoint mapper's port", []string{allow + "Protocol=6|LPort=RPC-EPMap|"}, with(func(q *Query) { q.Port = 135 }), Allowed},
		{"a port that the system picks", []string{allow + "Protocol=6|LPort2_10=1-65535|LPort=RPC|"}, with(func(q *Query) { q.Port = 0 }), NoRule},
		{"any port, and the system picks", []string{allow + "Protocol=6|"}, with(func(q *Query) { q.Port = 0 }), Allowed},

		{"program", []string{allow + `App=C:\srv\orders.exe|`}, tcp, Allowed},
		{"program in another case", []string{allow + `App=c:\SRV\Orders.EXE|`}, tcp, Allowed},
		{"program with slashes", []string{allow + `App=c:/srv/orders.exe|`}, tcp, Allowed},
		{"program asked for by its long form", []string{allow + `App=C:\srv\orders.exe|`}, with(func(q *Query) { q.Program = `\\?\C:\srv\orders.exe` }), Allowed},
		{"program on a share", []string{allow + `App=\\nas\srv\ordérs.exe|`}, with(func(q *Query) { q.Program = `\\?\UNC\NAS\srv\ORDÉRS.exe` }), Allowed},
		{"another program", []string{allow + `App=C:\srv\orders2.exe|`}, tcp, NoRule},
		{"block of another program", []string{allow, block + `App=C:\srv\orders2.exe|`}, tcp, Allowed},
		{"no program asked for", []string{allow + `App=C:\srv\orders.exe|`}, Query{Port: 8080}, NoRule},
		{"variable", []string{allow + `App=%SystemRoot%\system32\x.exe|`}, windir, Allowed},
		{"variable in another case", []string{allow + `App=%WINDIR%\system32\X.exe|`}, windir, Allowed},
		{"a user's variable", []string{allow + `App=%LOCALAPPDATA%\orders.exe|`}, with(func(q *Query) { q.Program = `C:\Users\mei\AppData\Local\orders.exe` }), NoRule},
		{"a per cent sign", []string{allow + `App=C:\100%\%x.exe|`}, with(func(q *Query) { q.Program = `C:\100%\%x.exe` }), Allowed},
		{"the kernel", []string{allow + "App=System|"}, with(func(q *Query) { q.Program = "System" }), Allowed},
		{"an app of the Store", []string{allow + "PFN=Microsoft.GamingApp_8wekyb3d8bbwe|Platform=2:6:2|Platform2=GTEQ|"}, tcp, NoRule},
		{"an app container", []string{allow + "AppPkgId=S-1-15-2-1|"}, tcp, NoRule},

		{"service's rule for no service", []string{allow + "Svc=orders|"}, tcp, NoRule},
		{"service", []string{allow + "Svc=Orders|"}, service, Allowed},
		{"another service", []string{allow + "Svc=payments|"}, service, NoRule},
		{"all services", []string{allow + "Svc=*|"}, service, Allowed},
		{"all services, and no service", []string{block + "Svc=*|", allow}, tcp, Allowed},

		{"limited to the subnet", []string{allow + "RA4=LocalSubnet|RA6=LocalSubnet|"}, tcp, Allowed},
		{"banned addresses", []string{block + "RA4=203.0.113.0/24|RA6=2001:db8::/32|"}, tcp, NoRule},
		{"banned addresses, all others allowed", []string{block + "RA4=203.0.113.0/24|", allow}, tcp, Allowed},
		{"block covers what is allowed", []string{allow + "RA4=10.1.0.0/16|", block + "RA4=10.0.0.0/8|"}, tcp, Blocked},
		{"block covers some of it", []string{allow + "RA4=10.0.0.0/8|", block + "RA4=10.1.0.0/16|"}, tcp, Allowed},
		{"block of the other family", []string{allow + "RA4=10.0.0.0/8|", block + "RA6=::/0|"}, tcp, Allowed},
		{"block of all addresses", []string{allow, block + "RA4=0.0.0.0-255.255.255.255|RA6=::/0|"}, tcp, Blocked},
		{"block of all of one family", []string{allow, block + "RA4=0.0.0.0/0|"}, tcp, Allowed},
		{"the same keyword", []string{allow + "RA4=LocalSubnet|", block + "RA4=localsubnet|RA6=LocalSubnet|"}, tcp, Blocked},
		{"allowed from more than the keyword", []string{allow + "RA4=LocalSubnet|RA4=10.0.0.1|", block + "RA4=LocalSubnet|"}, tcp, Allowed},
		{"peer in the range", []string{allow + "RA4=10.0.0.5-10.0.0.9|"}, from("10.0.0.9"), Allowed},
		{"peer past the range", []string{allow + "RA4=10.0.0.5-10.0.0.9|"}, from("10.0.0.10"), NoRule},
		{"mapped peer", []string{allow + "RA4=10.0.0.0/8|"}, from("::ffff:10.1.1.1"), Allowed},
		{"IPv6 peer and an IPv4 rule", []string{allow + "RA4=LocalSubnet|"}, from("fe80::1"), NoRule},
		{"peer with a zone", []string{allow + "RA6=fe80::/64|"}, from("fe80::1%eth0"), Allowed},
		{"banned peer", []string{block + "RA4=203.0.113.0/24|", allow}, from("203.0.113.7"), Blocked},
		{"peer that is not banned", []string{block + "RA4=203.0.113.0/24|", allow}, from("203.0.114.7"), Allowed},
		{"peer that may be in the subnet", []string{allow + "RA4=LocalSubnet|"}, from("10.1.1.1"), Allowed},
		{"remote conditions left out", []string{allow + "RA4=10.0.0.1|LOM=TRUE|"}, from("10.0.0.2"), Allowed},
		{"but not of a block", []string{allow, block + "RA4=10.0.0.1|LOM=TRUE|"}, from("10.0.0.2"), Allowed},
		{"local address", []string{allow + "LA4=10.0.0.1|"}, tcp, Allowed},
		{"block of a local address", []string{allow, block + "LA4=10.0.0.1|"}, tcp, Allowed},
		{"the peer's port", []string{allow + "Protocol=6|RPort=67|"}, tcp, Allowed},
		{"block of the peer's port", []string{allow, block + "Protocol=6|RPort=67|"}, tcp, Allowed},

		{"block on a kind of interface", []string{allow, block + "IFType=Wireless|"}, tcp, Allowed},
		{"both on the same kind", []string{allow + "IFType=Wireless|", block + "IFType=Wireless|"}, tcp, Blocked},
		{"IPsec only", []string{allow + "Security=Authenticate|"}, tcp, NoRule},
		{"bypass lets no ordinary peer in", []string{block, "Action=ByPass|Active=TRUE|Dir=In|Security=Authenticate|"}, tcp, Blocked},
		{"this Windows", []string{allow + "Platform=2:10:0|"}, tcp, Allowed},
		{"an older Windows", []string{allow + "Platform=2:6:1|"}, tcp, NoRule},
		{"an older Windows or later", []string{allow + "Platform=2:5:1|Platform=2:6:1|Platform2=GTEQ|"}, tcp, Allowed},
		{"or later is for the last", []string{allow + "Platform=2:6:1|Platform=2:11:0|Platform2=GTEQ|"}, tcp, NoRule},
		{"a later Windows 10", []string{allow + "Platform=2:10:1|Platform2=GTEQ|"}, tcp, NoRule},
		{"another system", []string{allow + "Platform=1:4:10|Platform2=GTEQ|"}, tcp, NoRule},
		{"unknown key of an allow", []string{allow + "New=1|"}, tcp, NoRule},
		{"unknown key of one of two", []string{allow + "New=1|", allow}, tcp, Allowed},
		{"paired devices", []string{allow + "TTK2_27=WFDKmDriver|"}, tcp, NoRule},
		{"paired devices, blocked", []string{allow, block + "TTK=UPnP|"}, tcp, Allowed},
		{"users", []string{allow + "LUAuth=O:LSD:(A;;CC;;;WD)|"}, tcp, NoRule},
		{"remote users", []string{allow + "RUAuth=O:LSD:(A;;CC;;;WD)|"}, tcp, NoRule},
		{"remote machines", []string{allow + "RMauth=O:LSD:(A;;CC;;;WD)|"}, tcp, NoRule},
		{"an owner", []string{allow + "LUOwn=S-1-5-21-1-2-3-1001|"}, tcp, NoRule},
		{"a network", []string{allow + "NNm=x|"}, tcp, NoRule},
		{"a security realm", []string{allow + "SecurityRealmId=x|"}, tcp, NoRule},
		{"IPsec without encapsulation", []string{allow + "Security2_9=An-NoEncap|"}, tcp, NoRule},
		{"IPsec on a block", []string{allow, block + "Security=Authenticate|"}, tcp, Allowed},
		{"a block of the Store's apps", []string{allow, block + "AppPkgId=S-1-15-2-1|"}, tcp, Allowed},
		{"edge traversal is another matter", []string{allow + "Edge=TRUE|Defer=App|"}, tcp, Allowed},
		{"unknown key of a block", []string{allow, block + "New=1|"}, tcp, Blocked},

		{"loopback", []string{block}, with(func(q *Query) { q.Loopback = true }), Allowed},
		{"peer on loopback", []string{block}, from("127.1.2.3"), Allowed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var rules []Rule
			for _, text := range test.rules {
				rules = append(rules, rule(t, text, text))
			}
			v := Evaluate(rules, test.query)
			assert.Equal(t, [3]Decision{test.want, test.want, test.want}, [3]Decision{v.Domain, v.Private, v.Public}, v.Notes)
		})
	}
}

func TestEvaluateProfiles(t *testing.T) {
	v := Evaluate([]Rule{
		rule(t, "lan", "Action=Allow|Active=TRUE|Dir=In|Profile=Domain|Profile=Private|RA4=LocalSubnet|Name=LAN only|"),
		rule(t, "{id}", "Action=Block|Active=TRUE|Dir=In|Profile=Public|Name=@x.dll,-1|"),
		rule(t, "ipsec", "Action=Allow|Active=TRUE|Dir=In|Security=Authenticate|Name=Secure|"),
		rule(t, "later", "Action=Allow|Active=TRUE|Dir=In|Profile=Domain|New=x|Name=Later|"),
		rule(t, "{1}", "Action=Allow|Active=TRUE|Dir=In|PFN=a|Name=App 1|"),
		rule(t, "{2}", "Action=Allow|Active=TRUE|Dir=In|Profile=Public|AppPkgId=b|Name=App 2|"),
		rule(t, "tv", "Action=Allow|Active=TRUE|Dir=In|Profile=Public|LUAuth=X|TTK2_22=WFDDisplay|TTK2_27=WFDKmDriver|Name=TV|"),
	}, Query{Program: `C:\srv\orders.exe`, Port: 8080})
	assert.Equal(t, "domain: allowed, private: allowed, public: blocked", v.String())
	assert.Equal(t, []string{
		`allow rule "Secure" does not count: it is only for traffic that IPsec has authenticated: Authenticate`,
		`domain: allow rule "Later" does not count: it is only on conditions that are not known here: New`,
		`2 rules, such as allow rule "App 1", don't count: they are only for an app of the Store`,
		`domain,private: allow rule "LAN only" applies only from LocalSubnet (IPv4)`,
		`public: allow rule "TV" does not count: it is only for the local users of X, for devices paired by WFDDisplay or WFDKmDriver`,
		`public: block rule "{id}" applies`,
	}, v.Notes)
	assert.Equal(t, []string{`powershell -NoProfile -Command "Remove-NetFirewallRule -Name '{id}'"`}, v.Hints,
		"the block goes; public networks stay closed unless asked for")
}

func TestEvaluateNotesLimits(t *testing.T) {
	v := Evaluate([]Rule{rule(t, "r", "Action=Allow|Active=TRUE|Dir=In|Protocol=6|RA4=10.0.0.1|RA4=10.0.0.8/29|RA4=DNS|RA4=DHCP|RA4=WINS|"+
		"LA4=10.0.0.2|RPort=1|RPort2_10=2-3|IFType=Lan|IFType=Wireless|Name=r|")}, Query{Port: 80})
	assert.Equal(t, []string{`allow rule "r" applies only from 10.0.0.1, 10.0.0.8-10.0.0.15, DNS (IPv4), DHCP (IPv4) and 1 more, to 10.0.0.2, ` +
		`from the peer's ports 1, 2-3, on interfaces of the type Lan or Wireless`}, v.Notes)
}

// TestEvaluateUnreadableBlock checks that a Block rule is not dropped because of one value that
// can't be read.
func TestEvaluateUnreadableBlock(t *testing.T) {
	for _, broken := range []string{"RA4=10.0.0.0/99|", "Protocol=6|LPort=70000|", "Platform=x|", "LPort=80|", "Name=again|", "nonsense|", "LOM=1|", "Active=perhaps|", "Profile=Home|"} {
		p := registryPolicy{rules: []registryRule{
			{id: "a", text: head + "Name=a|"},
			{id: "b", text: "v2.30|Action=Block|Active=TRUE|Dir=In|Name=b|" + broken},
		}}
		rules, notes := p.parse(standardVariable)
		assert.Empty(t, notes, broken)
		v := Evaluate(rules, Query{Program: `C:\x.exe`, Port: 8080})
		assert.Equal(t, "domain: blocked, private: blocked, public: blocked", v.String(), broken)
		assert.Contains(t, strings.Join(v.Notes, "\n"), `block rule "b" can't be fully evaluated, and is assumed to apply: `, broken)

		p.rules = []registryRule{{id: "a", text: head + "Name=a|" + broken}}
		rules, _ = p.parse(standardVariable)
		v = Evaluate(rules, Query{Program: `C:\x.exe`, Port: 8080})
		assert.Equal(t, "domain: no rule, private: no rule, public: no rule", v.String(), "an Allow rule never counts with it: %s", broken)
	}
}

func TestEvaluateUserVariable(t *testing.T) {
	r := rule(t, "r", `Action=Allow|Active=TRUE|Dir=In|App=%LOCALAPPDATA%\relay\relay.exe|Name=Relay|`)
	v := Evaluate([]Rule{r}, Query{Program: `C:\Users\mei\AppData\Local\relay\Relay.exe`, Port: 80})
	assert.Equal(t, NoRule, v.Public)
	assert.Equal(t, []string{`allow rule "Relay" names %LOCALAPPDATA%, which the firewall's service does not know: it never applies`}, v.Notes)
}

func TestEvaluateCancelledPrompt(t *testing.T) {
	for _, file := range []string{"rules-en.txt", "rules-zh.txt"} {
		t.Run(file, func(t *testing.T) {
			rules := parsed(t, file)
			var tcp Rule
			for _, r := range rules {
				if r.Action == ActionBlock && r.isFromPrompt() && r.Protocol == TCP {
					tcp = r
				}
			}
			v := Evaluate(rules, Query{Program: tcp.Program, Port: 8080})
			assert.Equal(t, "domain: no rule, private: no rule, public: blocked", v.String())
			require.Len(t, v.Cancelled, 2)
			assert.Equal(t, []Protocol{TCP, UDP}, []Protocol{v.Cancelled[0].Protocol, v.Cancelled[1].Protocol})
			require.Len(t, v.Hints, 3, "both Blocks go, and an Allow comes")
			assert.Contains(t, v.Hints[0], "netsh advfirewall firewall delete rule name=")
			assert.Contains(t, v.Hints[1], "protocol=UDP profile=public")
			assert.Contains(t, v.Hints[2], "netsh advfirewall firewall add rule name=")
			assert.Contains(t, v.Hints[2], `profile="domain,private"`)
		})
	}
}

func TestIsFromPrompt(t *testing.T) {
	const block = `Action=Block|Active=TRUE|Dir=In|Protocol=6|App=C:\x.exe|Name=x|`
	tests := []struct {
		name, id, fields string
		want             bool
	}{
		{"by its ID", `TCP Query User{1E1E3E97-A917-4E6B-B63A-AC5BD16D9364}C:\x.exe`, block, true},
		{"by its deferred edge", "{DBC2ADD4-965F-4171-AE7E-682667F8A404}", block + "Desc=x|Defer=User|", true},
		{"by a person", "{DBC2ADD4-965F-4171-AE7E-682667F8A404}", block, false},
		{"by a person who has thought of edges", "{id}", block + "Desc=y|Defer=User|", false},
		{"by a person, for a port", "{id}", block + "Desc=x|Defer=User|LPort=80|", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, rule(t, test.id, test.fields).isFromPrompt())
		})
	}
}

func TestIsTemporary(t *testing.T) {
	tests := []struct {
		path string
		want bool
	}{
		{`C:\Users\mei\AppData\Local\Temp\go-build2204914839\b001\exe\main.exe`, true}, // go run FILE
		{`C:\Users\mei\AppData\Local\Temp\go-build2204914839\b001\orders.test.exe`, true},
		{`c:/users/mei/appdata/local/temp/go-build1/b123/exe/main.exe`, true},
		{`C:\Users\mei\AppData\Local\go-build\3f\3f6f3b1c9d2e4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f809a1b2c3-d\orders.exe`, true}, // go run, cached
		{`D:\src\orders\__debug_bin2871634012.exe`, true},
		{`C:\src\orders\orders.exe`, false},
		{`C:\src\go-build\orders.exe`, false},
		{`C:\src\go-build1\bin\orders.exe`, false},
		{`C:\src\3f\cafe-d\orders.exe`, false},
		{``, false},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, isTemporary(test.path), test.path)
	}
	v := Evaluate(nil, Query{Program: tests[0].path, Port: 80})
	assert.True(t, v.Temporary)
	require.Len(t, v.Hints, 1)
	assert.Contains(t, v.Hints[0], "go build -o")
}

func TestExpand(t *testing.T) {
	get := func(name string) (string, bool) { return "<" + name + ">", name != "unknown" }
	tests := []struct{ in, want, unresolved string }{
		{``, ``, ``},
		{`%`, `%`, ``},
		{`%%`, `%%`, ``},
		{`a%b`, `a%b`, ``},
		{`%a%`, `<a>`, ``},
		{`%a%b%c%`, `<a>b<c>`, ``},
		{`%%a%`, `%<a>`, ``},
		{`%a%%`, `<a>%`, ``},
		{`%unknown%\%a%`, `%unknown%\<a>`, `unknown`},
	}
	for _, test := range tests {
		got, unresolved := expand(test.in, get)
		assert.Equal(t, test.want, got, test.in)
		assert.Equal(t, test.unresolved, unresolved, test.in)
	}
}

func TestMachineVariable(t *testing.T) {
	env := map[string]string{"SystemRoot": `D:\WINNT`, "ProgramFiles": `D:\Programs (x86)`, "PROGRAMW6432": `D:\Programs`, "LOCALAPPDATA": `D:\me`}
	variable := machineVariable(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	got, unresolved := expand(`%SystemRoot%;%ProgramFiles%;%ProgramData%;%LOCALAPPDATA%`, variable)
	assert.Equal(t, `D:\WINNT;D:\Programs;C:\ProgramData;%LOCALAPPDATA%`, got)
	assert.Equal(t, "LOCALAPPDATA", unresolved)
}
