package firewall

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// orders returns a rule that can be added.
func orders(change func(*Rule)) Rule {
	r := Rule{Name: "orders", Program: `C:\srv\orders.exe`}
	change(&r)
	return r
}

func TestAddArgs(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
		want string
	}{
		{"a program", orders(func(r *Rule) {}), `name=orders dir=in action=allow program=C:\srv\orders.exe protocol=any`},
		{"a port", Rule{Name: "web", Protocol: TCP, LocalPorts: []Ports{{First: 80, Last: 80}, {First: 8000, Last: 8010}, {Keyword: "RPC"}}},
			`name=web dir=in action=allow protocol=TCP localport="80,8000-8010,RPC"`},
		{"everything", orders(func(r *Rule) {
			*r = Rule{Name: "订单 (TCP), a & b; c", Program: `\\?\D:/服务/订单 v2.exe`, Profiles: Domain | Private, Protocol: UDP, LocalPorts: []Ports{{First: 53, Last: 53}},
				RemoteAddrs: []Scope{addrs("10.0.0.0", "10.255.255.255"), addrs("fe80::", "fe80::ff"), {Keyword: "DNS"}, {Keyword: "LocalSubnet", Family: 6}, {Keyword: "LocalSubnet", Family: 4}}}
		}), `name="订单 (TCP), a & b; c" dir=in action=allow program="D:\服务\订单 v2.exe" profile="domain,private" ` +
			`protocol=UDP localport=53 remoteip="10.0.0.0-10.255.255.255,fe80::-fe80::ff,DNS,LocalSubnet"`},
		{"on a share", orders(func(r *Rule) { r.Program = `\\?\UNC\nas\srv\orders.exe` }), `name=orders dir=in action=allow program=\\nas\srv\orders.exe protocol=any`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			args, err := addArgs(test.rule)
			require.NoError(t, err)
			line, err := commandLine(args)
			require.NoError(t, err)
			assert.Equal(t, "netsh advfirewall firewall add rule "+test.want, line)
			assert.Equal(t, append([]string{"netsh"}, args...), splitLine(t, line), "netsh gets what it would without a shell")
		})
	}
}

func TestAddArgsErrors(t *testing.T) {
	tests := []struct {
		name   string
		rule   Rule
		reason string
	}{
		{"no name", orders(func(r *Rule) { r.Name = "" }), "is empty"},
		{"blank name", orders(func(r *Rule) { r.Name = " " }), "is empty"},
		{"name with a space before", orders(func(r *Rule) { r.Name = " x" }), "begins or ends with a space"},
		{"every rule's name", orders(func(r *Rule) { r.Name = "ALL" }), "stands for every rule"},
		{"name of a resource", orders(func(r *Rule) { r.Name = `@C:\evil.dll,-1` }), "reference to a resource"},
		{"name with a bar", orders(func(r *Rule) { r.Name = "a|Action=Allow" }), "can't hold"},
		{"name with a quote", orders(func(r *Rule) { r.Name = `a" dir=out "` }), "can't hold"},
		{"name with a new line", orders(func(r *Rule) { r.Name = "a\r\nshutdown" }), "can't hold"},
		{"name that is no text", orders(func(r *Rule) { r.Name = "\xff" }), "can't hold"},
		{"relative path", orders(func(r *Rule) { r.Program = `srv\orders.exe` }), "not a full path"},
		{"path on the current drive", orders(func(r *Rule) { r.Program = `\srv\orders.exe` }), "not a full path"},
		{"path in a drive's directory", orders(func(r *Rule) { r.Program = `C:orders.exe` }), "not a full path"},
		{"long path", orders(func(r *Rule) { r.Program = `C:\` + strings.Repeat("a", 257) }), "not a full path"},
		{"path with a quote", orders(func(r *Rule) { r.Program = `C:\a" action=block "` }), "no path can have"},
		{"path with a wildcard", orders(func(r *Rule) { r.Program = `C:\srv\*.exe` }), "no path can have"},
		{"path of a directory", orders(func(r *Rule) { r.Program = `C:\srv\` }), "not the plain path"},
		{"path with dots", orders(func(r *Rule) { r.Program = `C:\srv\..\x.exe` }), "not the plain path"},
		{"path with a user's variable", orders(func(r *Rule) { r.Program = `C:\%USERNAME%\x.exe` }), "variable"},
		{"everything", Rule{Name: "x"}, "would open everything"},
		{"everything of a peer's", Rule{Name: "x", RemoteAddrs: []Scope{addrs("10.0.0.1", "10.0.0.1")}}, "would open everything"},
		{"ports of no protocol", orders(func(r *Rule) { r.LocalPorts = []Ports{{First: 80, Last: 80}} }), "needs the protocol"},
		{"no port", orders(func(r *Rule) { r.Protocol, r.LocalPorts = TCP, []Ports{{First: 80, Last: 70000}} }), "are not ports"},
		{"no port's keyword", orders(func(r *Rule) { r.Protocol, r.LocalPorts = TCP, []Ports{{Keyword: "80,any"}} }), "are not ports"},
		{"half a range", orders(func(r *Rule) { r.RemoteAddrs = []Scope{{First: netip.MustParseAddr("10.0.0.1")}} }), "netsh can't limit"},
		{"zone", orders(func(r *Rule) { r.RemoteAddrs = []Scope{addrs("fe80::1%a b", "fe80::1%a b")} }), "netsh can't limit"},
		{"keyword of one family", orders(func(r *Rule) { r.RemoteAddrs = []Scope{{Keyword: "LocalSubnet", Family: 4}} }), "limit a rule to LocalSubnet (IPv4)"},
		{"no keyword", orders(func(r *Rule) { r.RemoteAddrs = []Scope{{Keyword: "any dir=out"}} }), "netsh can't limit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := addArgs(test.rule)
			assert.ErrorContains(t, err, test.reason)
		})
	}
}

// TestAllowUnsupportedRules checks that Allow only adds simple rules and says what it doesn't support.
func TestAllowUnsupportedRules(t *testing.T) {
	fakeSystem(t, registryPolicy{}, true, nil)
	parsed, err := ParseRule("id", head+"Protocol=6|LPort=80|Security=Authenticate|Name=x|")
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		rule   Rule
		reason string
	}{
		"block":           {orders(func(r *Rule) { r.Action = ActionBlock }), "only an active inbound allow rule"},
		"outbound":        {orders(func(r *Rule) { r.Direction = Outbound }), "only an active inbound allow rule"},
		"disabled":        {orders(func(r *Rule) { r.Disabled = true }), "only an active inbound allow rule"},
		"service":         {orders(func(r *Rule) { r.Service = "orders" }), "a rule for a service"},
		"description":     {orders(func(r *Rule) { r.Description = "x" }), "a description"},
		"peer's ports":    {orders(func(r *Rule) { r.RemotePorts = []Ports{{First: 1, Last: 2}} }), "the peer's ports"},
		"local addresses": {orders(func(r *Rule) { r.LocalAddrs = []Scope{addrs("10.0.0.1", "10.0.0.1")} }), "local addresses"},
		"conditions":      {parsed, "conditions other than"},
	} {
		err := Allow(t.Context(), tt.rule)
		assert.ErrorIs(t, err, errors.ErrUnsupported, name)
		assert.ErrorContains(t, err, tt.reason, name)
		assert.NotErrorIs(t, err, ErrElevation, name)
	}
}

func TestDeleteArgs(t *testing.T) {
	args, err := deleteArgs("orders", nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"advfirewall", "firewall", "delete", "rule", "name=orders", "dir=in"}, args)
	args, err = deleteArgs("x", &Rule{Program: `C:\x.exe`, Protocol: UDP, Profiles: Public})
	require.NoError(t, err)
	assert.Equal(t, []string{`program=C:\x.exe`, "protocol=UDP", "profile=public"}, args[6:])
	args, err = deleteArgs("x", &Rule{Protocol: TCP, LocalPorts: []Ports{{First: 80, Last: 80}, {First: 90, Last: 99}}})
	require.NoError(t, err)
	assert.Equal(t, []string{"protocol=TCP", "localport=80,90-99"}, args[6:])
	_, err = deleteArgs("all", nil)
	assert.ErrorContains(t, err, "every rule")
}

func TestCommandLineErrors(t *testing.T) {
	for _, value := range []string{"%PATH%", "$(calc)", "`n", `"`, "\u201d;calc;\u201c", "a\nb", "a\x00", "a\u2028b", "a\u202eb", `C:\dir\`} {
		_, err := commandLine([]string{"name=" + value})
		assert.ErrorContains(t, err, "safe to paste", value)
	}
}

// splitLine parses a line like the Command Prompt, PowerShell and then the C runtime of netsh, as
// far as they agree. It fails t if the line contains a character that one of them would interpret.
func splitLine(t *testing.T, line string) []string {
	t.Helper()
	require.NotContains(t, line, `\"`, "the C run time takes it for a quote")
	var args []string
	for _, arg := range quotedFields(line) {
		outside := arg
		if before, rest, ok := strings.Cut(arg, `"`); ok {
			inside, after, _ := strings.Cut(rest, `"`)
			outside = before + after
			require.False(t, strings.ContainsAny(inside, "\"%$`\u201c\u201d\u201e\r\n"), "%q within quotes", inside)
		}
		require.False(t, strings.ContainsAny(outside, "\"%$`&|<>^()[]{};,'#@!*?\u2018\u2019\u201c\u201d\r\n\t"), "%q outside of quotes", outside)
		args = append(args, strings.ReplaceAll(arg, `"`, ""))
	}
	return args
}

// quotedFields splits at spaces outside of quotes.
func quotedFields(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(c rune) bool {
		if c == '"' {
			quoted = !quoted
		}
		return c == ' ' && !quoted
	})
}

func FuzzCommandLine(f *testing.F) {
	f.Add("orders", `C:\srv\orders.exe`, "")                            // plain
	f.Add("订单 服务", `D:\Program Files (x86)\a & b\x.exe`, "it's, ^fine") // quotes are needed
	f.Add(`x" & calc & "`, `C:\a" action=block "\x.exe`, "|")           // quotes are closed
	f.Add("%COMSPEC%", "C:\\$(calc)\\`n.exe", "\u201d;calc")            // expanded within quotes
	f.Add("all", `\\host\share\x.exe`, "a\u2028b\\")                    // names for all, ends of lines
	f.Fuzz(func(t *testing.T, name, program, description string) {
		args, err := addArgs(Rule{Name: name, Program: program, Description: description, Protocol: TCP, LocalPorts: []Ports{{First: 1, Last: 2}}})
		if err != nil {
			return
		}
		assert.Equal(t, []string{"advfirewall", "firewall", "add", "rule", "name=" + name, "dir=in", "action=allow"}, args[:7])
		assert.False(t, slices.ContainsFunc(args, func(s string) bool { return strings.ContainsAny(s, "\"|\r\n\x00") }))
		if line, err := commandLine(args); err == nil {
			assert.Equal(t, append([]string{"netsh"}, args...), splitLine(t, line))
		}
	})
}
