package firewall

import (
	"net/netip"
	"slices"
	"strings"
)

// match reports whether r matches traffic for q, and on which further conditions. It adds a note if
// the rule matches but lets nothing in.
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
			n.note("%v can't be fully evaluated, and is assumed to apply: %s", r, strings.Join(r.doubts, ", "))
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

// unjudged returns the reason why an Allow rule is ignored, or "" if it is not.
func (r Rule) unjudged() string {
	if r.isForApps() {
		return "for an app of the Store"
	}
	m := match{rule: r}
	if r.RemoteAddrs != nil && !slices.ContainsFunc(r.RemoteAddrs, func(s Scope) bool { return !isRenderer(s) }) {
		m.other = append(m.other, "for devices that this machine plays media to")
	}
	if r.Action == ActionBypass {
		m.other = append(m.other, "for traffic that IPsec has authenticated")
	}
	m.limit(unanswered)
	if r.doubts != nil {
		m.other = append(m.other, "on conditions that are not known here: "+strings.Join(r.doubts, ", "))
	}
	return strings.Join(m.other, ", ")
}

// isRenderer reports whether s stands for the devices that the user has chosen to play media to
// (among the keywords of RemoteAddressRanges: Microsoft, "Firewall CSP"). As with a paired device,
// a query does not tell whether its peer is one.
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

// keywordPort returns the port of a Windows component that never changes. The other keywords stand
// for the ports that a component has registered at the time (PortsInUse, [MS-FASP] 3.1.1), which a
// Go program's port never is.
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

// everywhere reports whether the scopes are unlimited.
func everywhere(scopes []Scope) bool {
	if scopes == nil {
		return true
	}
	v4, v6 := subnet(netip.MustParsePrefix("0.0.0.0/0")), subnet(netip.MustParsePrefix("::/0"))
	return within([]Scope{v4, v6}, scopes)
}

// localOnly handles LOM=TRUE, which disables the remote conditions, except those of a block rule
// ([MS-FASP] 2.2.35, FW_RULE_FLAGS_LOCAL_ONLY_MAPPED).
func (m *match) localOnly() bool {
	lom := m.rule.values("LOM")
	return lom != nil && strings.EqualFold(lom[0], "TRUE") && m.rule.Action != ActionBlock
}

// A condition is a key of the grammar that limits a rule but is not a field of Rule, with a
// description of the limit.
type condition struct{ key, text string }

var (
	// openConditions limit the rule to some of the peers that a query may mean.
	openConditions = []condition{
		{"IF", "on the interface "},
		{"IFType", "on interfaces of the type "},
	}

	// unanswered are conditions on the peer or its user that a query does not settle. On a stock
	// Windows, most rules with such conditions are for devices paired by Wi-Fi Direct or UPnP
	// (TTK), and would otherwise open every port of HTTP.sys. A rule with Security does not let in
	// an unauthenticated peer: [MS-FASP] 2.2.35, FW_RULE_FLAGS_AUTHENTICATE.
	unanswered = []condition{
		{"Security", "for traffic that IPsec has authenticated: "},
		{"Security2", "for traffic that IPsec has authenticated: "},
		{"Security2_9", "for traffic that IPsec has authenticated: "},
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

// limit adds the rule's conditions to the open ones.
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

// matchPlatform reports whether the list contains Windows 10.0, the version that every Windows
// supported by Go reports. Platform2=GTEQ applies to the last entry.
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

// values returns all values in r's text for a key of the grammar.
func (r Rule) values(name string) []string {
	var values []string
	for _, f := range r.fields {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}
