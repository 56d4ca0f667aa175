package firewall

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fieldRule is a rule of a real machine, made anonymous.
type fieldRule struct{ store, name, text string }

// fieldRules reads the file with all forms of rules from four machines, Windows 7 to 11.
func fieldRules(t testing.TB) []fieldRule {
	t.Helper()
	data, err := os.ReadFile("testdata/rules-field.tsv")
	require.NoError(t, err)
	var rules []fieldRule
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		f := strings.Split(strings.TrimRight(line, "\r"), "\t")
		require.Len(t, f, 3, line)
		if i > 0 { // the header
			rules = append(rules, fieldRule{f[0], f[1], f[2]})
		}
	}
	return rules
}

// TestFieldRules checks that each rule is parsed without doubts, except for the one with another
// version.
func TestFieldRules(t *testing.T) {
	rules := fieldRules(t)
	assert.Len(t, rules, 123)
	for _, f := range rules {
		r, err := ParseRule(f.name, f.text)
		if !assert.NoError(t, err) {
			continue
		}
		lower := strings.ToLower(f.text)
		assert.Equal(t, strings.Contains(lower, "action=block"), r.Action == ActionBlock, f.text)
		assert.Equal(t, strings.Contains(lower, "dir=out"), r.Direction == Outbound, f.text)
		assert.Equal(t, strings.Contains(lower, "active=false"), r.Disabled, f.text)
		assert.Equal(t, strings.Contains(lower, "|lport"), r.LocalPorts != nil, f.text)
		assert.Equal(t, strings.Contains(lower, "|rport"), r.RemotePorts != nil, f.text)
		assert.Equal(t, strings.Contains(lower, "|protocol=17|"), r.Protocol == UDP, f.text)
		assert.NotEmpty(t, r.Name)
		if strings.HasPrefix(f.text, "V4.0|") {
			assert.Equal(t, []string{"version V4.0"}, r.doubts)
		} else {
			assert.Empty(t, r.doubts, f.text)
		}
	}
}

// TestFieldVerdicts evaluates the rules of these machines.
func TestFieldVerdicts(t *testing.T) {
	var rules []Rule
	for _, f := range fieldRules(t) {
		if f.store == "Static" || f.store == "Configurable" || f.store == "AppIso" {
			continue // they restrict services and apps, after the rules that open ports
		}
		r, err := ParseRule(f.name, f.text)
		require.NoError(t, err)
		rules = append(rules, r)
	}
	const svchost, outlook = `C:\Windows\System32\svchost.exe`, `C:\Program Files\Microsoft Office\Office14\outlook.exe`
	for name, tt := range map[string]struct {
		query Query
		want  string
	}{
		"a Go program":                  {Query{Program: `C:\srv\orders.exe`, Port: 8080}, "domain: no rule, private: no rule, public: no rule"},
		"a Go program, UDP":             {Query{Program: `C:\srv\orders.exe`, Port: 8080, Protocol: UDP}, "domain: no rule, private: no rule, public: no rule"},
		"HTTP.sys":                      {Query{Program: "System", Port: 80}, "domain: no rule, private: no rule, public: no rule"},
		"HTTP.sys, another port":        {Query{Program: "System", Port: 47001}, "domain: no rule, private: no rule, public: no rule"},
		"HTTP.sys, HTTP/3":              {Query{Program: "System", Port: 443, Protocol: UDP}, "domain: no rule, private: no rule, public: no rule"},
		"HTTP.sys, PlayTo":              {Query{Program: "System", Port: 10246}, "domain: no rule, private: no rule, public: no rule"},
		"Wi-Fi Direct printers' ports":  {Query{Program: svchost, Port: 80, Service: "stisvc"}, "domain: no rule, private: no rule, public: no rule"},
		"a display of paired devices":   {Query{Program: `C:\Windows\System32\WUDFHost.exe`, Port: 7250}, "domain: no rule, private: no rule, public: no rule"},
		"the endpoint mapper":           {Query{Program: svchost, Port: 135, Service: "RpcSs"}, "domain: allowed, private: no rule, public: no rule"},
		"mDNS":                          {Query{Program: svchost, Port: 5353, Protocol: UDP, Service: "Dnscache"}, "domain: allowed, private: allowed, public: allowed"},
		"a program on the domain alone": {Query{Program: outlook, Port: 6004, Protocol: UDP}, "domain: allowed, private: no rule, public: no rule"},
	} {
		v := Evaluate(rules, tt.query)
		assert.Equal(t, tt.want, v.String(), "%s: %q", name, v.Notes)
	}
	for q, why := range map[Query]string{
		{Program: "System", Port: 443, Protocol: UDP}: "for devices paired by WFDKmDriver",
		{Program: "System", Port: 10246}:              "for devices that this machine plays media to",
	} {
		assert.Contains(t, strings.Join(Evaluate(rules, q).Notes, "\n"), why)
	}
}

// TestFieldBlocks checks that the rules of RestrictedServices, which lack Active=, block.
func TestFieldBlocks(t *testing.T) {
	var rules []Rule
	for _, f := range fieldRules(t) {
		r, err := ParseRule(f.name, f.text)
		require.NoError(t, err)
		rules = append(rules, r)
	}
	const svchost = `C:\Windows\System32\svchost.exe`
	for service, port := range map[string]int{"PcaSvc": 8080, "AssignedAccessManagerSvc": 80, "irmon": 443} {
		v := Evaluate(rules, Query{Program: svchost, Port: port, Service: service})
		assert.Equal(t, "domain: blocked, private: blocked, public: blocked", v.String(), service)
	}
	v := Evaluate(rules, Query{Program: `C:\Windows\system32\mdeserver.exe`, Port: 23554})
	assert.Equal(t, "domain: blocked, private: blocked, public: blocked", v.String())
	v = Evaluate(rules, Query{Program: svchost, Port: 5160, Service: "CDPSvc"})
	assert.Equal(t, "domain: allowed, private: allowed, public: allowed", v.String(), "LPort stands before Protocol or after")
}
