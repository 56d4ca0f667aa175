package firewall

import (
	"net/netip"
	"slices"
	"strings"
)

// match says whether r matches traffic for q, and on which further conditions.
// It notes a rule that matches and yet lets nothing in.
func (r Rule) match(q Query, note func(string, ...any)) (match, bool) {
	m := match{rule: r}
	if r.Disabled || r.Direction != Inbound || r.Protocol != AnyProtocol && r.Protocol != q.protocol() {
		return m, false
	}
	if !r.matchProgram(q, note) || !m.matchPorts(q) || !m.matchAddrs(q) || !m.matchEdge(q) || !m.matchFields() {
		return m, false
	}
	// An unauthenticated peer, and no other speaks plain TCP, is not let in:
	// [MS-FASP] 2.2.35, FW_RULE_FLAGS_AUTHENTICATE.
	if secure := r.values("Security") != nil; secure || r.Action == ActionBypass {
		note("%v lets in only what IPsec has authenticated", r)
		return m, false
	}
	if keys := r.unknown(); keys != "" {
		note("%v has fields of a later version, which are left out here: %s", r, keys)
	}
	return m, true
}

func (r Rule) matchProgram(q Query, note func(string, ...any)) bool {
	if r.Service != "" && (q.Service == "" || r.Service != "*" && !strings.EqualFold(r.Service, q.Service)) {
		return false
	}
	for _, packaged := range []string{"AppPkgId", "PFN"} {
		if r.values(packaged) != nil {
			return false // apps of the Store, which no Go program is
		}
	}
	if r.Program == "" {
		return true
	}
	program, unresolved := expand(r.Program, standardVariable)
	if unresolved != "" && q.Program != "" && strings.EqualFold(base(program), base(q.Program)) {
		note("%v names %%%s%%, which the firewall's service does not know: it never applies", r, unresolved)
	}
	return samePath(program, q.Program)
}

// Ports of parts of Windows that never change. The other keywords stand for
// what such a part has registered at the time (PortsInUse, [MS-FASP] 3.1.1): a
// Go program's port is not among them.
func keywordPort(keyword string) int {
	switch strings.ToLower(keyword) {
	case "rpc-epmap":
		return 135
	case "mdns":
		return 5353
	}
	return 0
}

func (m *match) matchPorts(q Query) bool {
	if m.rule.LocalPorts != nil && !slices.ContainsFunc(m.rule.LocalPorts, func(p Ports) bool {
		if p.Keyword != "" {
			return q.Port != 0 && keywordPort(p.Keyword) == q.Port
		}
		return p.First <= q.Port && q.Port <= p.Last
	}) {
		return false
	}
	if m.rule.RemotePorts != nil && !m.localOnly() {
		var ports []string
		for _, p := range m.rule.RemotePorts {
			ports = append(ports, p.String())
		}
		m.other = append(m.other, "from the peer's ports "+strings.Join(ports, ", "))
	}
	return true
}

func (m *match) matchAddrs(q Query) bool {
	if !everywhere(m.rule.LocalAddrs) {
		m.local = m.rule.LocalAddrs
	}
	if everywhere(m.rule.RemoteAddrs) || m.localOnly() {
		return true
	}
	m.remote = m.rule.RemoteAddrs
	if !q.Remote.IsValid() {
		return true
	}
	peer := q.Remote.Unmap().WithZone("")
	var open []Scope // keywords: they depend on the network
	for _, s := range m.rule.RemoteAddrs {
		switch {
		case s.Keyword != "" && (s.Family == 0 || s.Family == 4 == peer.Is4()):
			open = append(open, s)
		case s.Keyword == "" && s.contains(Scope{First: peer, Last: peer}):
			m.remote = nil
			return true
		}
	}
	m.remote = open
	return open != nil
}

// everywhere says whether the scopes limit nothing.
func everywhere(scopes []Scope) bool {
	if scopes == nil {
		return true
	}
	v4, v6 := subnet(netip.MustParsePrefix("0.0.0.0/0")), subnet(netip.MustParsePrefix("::/0"))
	return within([]Scope{v4, v6}, scopes)
}

// localOnly: LOM=TRUE leaves the remote conditions out, but of a block rule
// ([MS-FASP] 2.2.35, FW_RULE_FLAGS_LOCAL_ONLY_MAPPED).
func (m *match) localOnly() bool {
	lom := m.rule.values("LOM")
	return lom != nil && strings.EqualFold(lom[0], "TRUE") && m.rule.Action != ActionBlock
}

func (m *match) matchEdge(q Query) bool {
	if !q.Edge || m.rule.Action == ActionBlock {
		return true
	}
	switch m.rule.Edge {
	case EdgeDeferApp:
		m.other = append(m.other, "if the program asks for edge traversal")
	case EdgeDeferUser:
		m.other = append(m.other, "if the user agrees to edge traversal")
	}
	return m.rule.Edge != EdgeBlock
}

// conditions are the fields of the grammar that have no field in Rule and limit
// a rule, with what they limit it to. All that is left out limits nothing that
// a query could ask for.
var conditions = []struct{ key, text string }{
	{"IF", "on the interface "},
	{"IFType", "on interfaces of the type "},
	{"LUAuth", "for the local users of "},
	{"LUAuth2_24", "for the local users of "},
	{"LUOwn", "for the user "},
	{"TTK", "for devices paired by "},
	{"NNm", "on the network "},
	{"SecurityRealmId", "in the security realm "},
	{"SkipVer", "on versions of the firewall above "},
}

func (m *match) matchFields() bool {
	if !matchPlatform(m.rule.values("Platform"), m.rule.values("Platform2") != nil) {
		return false
	}
	for _, c := range conditions {
		if values := m.rule.values(c.key); values != nil {
			m.other = append(m.other, c.text+strings.Join(values, " or "))
		}
	}
	return true
}

// matchPlatform says whether the list holds Windows 10.0, which every Windows
// that runs today's Go calls itself. Platform2=GTEQ is for the last entry.
func matchPlatform(list []string, atLeast bool) bool {
	for i, s := range list {
		p, err := parsePlatform(s)
		if err != nil || p[0] != 2 {
			continue
		}
		this := p[1] == 10 && p[2] == 0
		if this || atLeast && i == len(list)-1 && p[1] < 10 {
			return true
		}
	}
	return len(list) == 0
}

// values returns all that r's Fields hold under a key of the grammar.
func (r Rule) values(name string) []string {
	var values []string
	for _, f := range r.Fields {
		if k, ok := lookup(f.Key); ok && k.name == name {
			values = append(values, f.Value)
		}
	}
	return values
}

// unknown returns the keys that this package doesn't know.
func (r Rule) unknown() string {
	var keys []string
	for _, f := range r.Fields {
		if f.Unknown {
			keys = append(keys, f.Key)
		}
	}
	return strings.Join(keys, ", ")
}
