package firewall

import (
	"net/netip"
	"slices"
	"strings"
)

// match reports whether r matches traffic for q, and on which further conditions. It notes a rule
// that matches and yet lets nothing in.
func (r Rule) match(q Query, n ruleNotes) (match, bool) {
	m := match{rule: r}
	if r.Disabled || r.Direction != Inbound || r.Protocol != AnyProtocol && r.Protocol != q.protocol() {
		return m, false
	}
	if !r.matchProgram(q, n.note) || !m.matchPorts(q) || !m.matchAddrs(q) || !m.matchPlatform() {
		return m, false
	}
	if r.Action == ActionBlock {
		if r.isForApps() {
			return m, false
		}
		if r.doubts != nil {
			n.note("%v has what can't be judged, and is taken to apply: %s", r, strings.Join(r.doubts, ", "))
		}
		m.limit(openConditions)
		m.limit(unanswered)
		return m, true
	}
	if why := r.unjudged(); why != "" {
		n.unjudged(r, why)
		return m, false
	}
	m.limit(openConditions)
	return m, true
}

// unjudged says why an Allow rule does not count; "" if it does.
func (r Rule) unjudged() string {
	if r.isForApps() {
		return "for an app of the Store"
	}
	m := match{rule: r}
	if r.RemoteAddrs != nil && !slices.ContainsFunc(r.RemoteAddrs, func(s Scope) bool { return !isRenderer(s) }) {
		m.other = append(m.other, "for devices that this machine plays media to")
	}
	if r.Action == ActionBypass {
		m.other = append(m.other, "for what IPsec has authenticated")
	}
	m.limit(unanswered)
	if r.doubts != nil {
		m.other = append(m.other, "on conditions that are not known here: "+strings.Join(r.doubts, ", "))
	}
	return strings.Join(m.other, ", ")
}

// isRenderer reports whether s stands for the devices that the user has chosen to play media to
// (among the keywords of RemoteAddressRanges: Microsoft, "Firewall CSP"). As with a paired device,
// no query tells whether its peer is one.
func isRenderer(s Scope) bool { return strings.EqualFold(s.Keyword, "Ply2Renders") }

// isForApps reports whether r is for packaged apps, which a Go program is not.
func (r Rule) isForApps() bool { return r.values("AppPkgId") != nil || r.values("PFN") != nil }

func (r Rule) matchProgram(q Query, note func(string, ...any)) bool {
	if r.Service != "" && (q.Service == "" || r.Service != "*" && !strings.EqualFold(r.Service, q.Service)) {
		return false
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

// Ports of parts of Windows that never change. The other keywords stand for what such a part has
// registered at the time (PortsInUse, [MS-FASP] 3.1.1): a Go program's port is not among them.
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

// everywhere reports whether the scopes limit nothing.
func everywhere(scopes []Scope) bool {
	if scopes == nil {
		return true
	}
	v4, v6 := subnet(netip.MustParsePrefix("0.0.0.0/0")), subnet(netip.MustParsePrefix("::/0"))
	return within([]Scope{v4, v6}, scopes)
}

// localOnly: LOM=TRUE leaves the remote conditions out, but of a block rule ([MS-FASP] 2.2.35,
// FW_RULE_FLAGS_LOCAL_ONLY_MAPPED).
func (m *match) localOnly() bool {
	lom := m.rule.values("LOM")
	return lom != nil && strings.EqualFold(lom[0], "TRUE") && m.rule.Action != ActionBlock
}

// A condition is a key of the grammar that limits a rule and is not a field of Rule, and to what it
// limits the rule.
type condition struct{ key, text string }

var (
	// openConditions leave the rule to some of the peers that a query could mean.
	openConditions = []condition{
		{"IF", "on the interface "},
		{"IFType", "on interfaces of the type "},
	}

	// unanswered are about the peer or its user: nothing in a query reports whether they are met.
	// On a stock Windows, most such rules are for devices that are paired by Wi-Fi Direct or UPnP
	// (TTK), and would otherwise open every port of HTTP.sys. An unauthenticated peer is not let in
	// by a rule with Security: [MS-FASP] 2.2.35, FW_RULE_FLAGS_AUTHENTICATE.
	unanswered = []condition{
		{"Security", "for what IPsec has authenticated: "},
		{"Security2", "for what IPsec has authenticated: "},
		{"Security2_9", "for what IPsec has authenticated: "},
		{"RMauth", "for the remote machines of "},
		{"RUAuth", "for the remote users of "},
		{"LUAuth", "for the local users of "},
		{"LUAuth2_24", "for the local users of "},
		{"LUOwn", "for the user "},
		{"TTK", "for devices paired by "},
		{"NNm", "on the network "},
		{"SecurityRealmId", "in the security realm "},
		{"SkipVer", "on versions of the firewall above "},
	}
)

// limit adds the conditions that the rule has to those that are left open.
func (m *match) limit(conditions []condition) {
	for _, c := range conditions {
		if values := m.rule.values(c.key); values != nil {
			m.other = append(m.other, c.text+strings.Join(values, " or "))
		}
	}
}

func (m *match) matchPlatform() bool {
	return matchPlatform(m.rule.values("Platform"), m.rule.values("Platform2") != nil)
}

// matchPlatform reports whether the list holds Windows 10.0, which every Windows that runs today's
// Go calls itself. Platform2=GTEQ is for the last entry.
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

// values returns all that r's text holds under a key of the grammar.
func (r Rule) values(name string) []string {
	var values []string
	for _, f := range r.fields {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}
