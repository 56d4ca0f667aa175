package firewall

import (
	"fmt"
	"net/netip"
	"strings"
)

// A Rule is one rule of Windows Firewall. Its zero value allows all inbound traffic on all
// profiles; every field that is set narrows it. ParseRule returns the Rule for a text from the
// registry; Allow accepts one filled in by a program:
//
//	firewall.Rule{Name: "orders", Program: exe, Protocol: firewall.TCP, LocalPorts: []firewall.Ports{{First: 8080, Last: 8080}}}
type Rule struct {
	ID    string // the name of its registry value, unique within its store
	Store Store  // where Check found it

	Name        string // the display name; may be a reference to a resource, "@FirewallAPI.dll,-25000"
	Description string

	Action    Action
	Direction Direction
	Disabled  bool

	Profiles    Profiles // 0: all
	Protocol    Protocol // AnyProtocol: all
	LocalPorts  []Ports  // the union of all; none: every port
	RemotePorts []Ports
	LocalAddrs  []Scope // the union of all; none: every address
	RemoteAddrs []Scope

	// Program is the full path of the executable, which may contain variables such as %SystemRoot%;
	// "System" is the kernel (HTTP.sys). Service is a service's short name, or "*" for all
	// services.
	Program string
	Service string

	fields []field  // all other fields, in the text's order
	doubts []string // for Evaluate: keys that are not in the grammar, values that can't be read
}

// A field is one KEY=VALUE of a rule's text.
type field struct {
	name       string // the key's name in the grammar; "" if it is not in it
	key, value string
}

// Store is the registry key that contains a rule.
type Store uint8

const (
	Local       Store = iota // this machine's own, which netsh, the prompt and wf.msc edit
	GroupPolicy              // the domain's
	MDM                      // a device management's, such as Intune
)

// String returns "local", "Group Policy" or "MDM".
func (s Store) String() string {
	return enumName(uint8(s), "Store", "local", "Group Policy", "MDM")
}

// Action is what a rule does with the traffic that it matches. Bypass overrides block, and block
// overrides allow ([MS-FASP] 2.2.34).
type Action uint8

const (
	ActionAllow  Action = iota
	ActionBlock         // no ActionAllow rule overrides it
	ActionBypass        // allows traffic that IPsec has authenticated, despite block rules
)

// String returns "allow", "block" or "bypass".
func (a Action) String() string { return enumName(uint8(a), "Action", "allow", "block", "bypass") }

// Direction is the direction of a connection's first packet.
type Direction uint8

const (
	Inbound Direction = iota
	Outbound
)

// String returns "in" or "out".
func (d Direction) String() string { return enumName(uint8(d), "Direction", "in", "out") }

// Profiles is a set of network profiles. Windows gives each network one of the three; the zero
// value stands for all of them.
type Profiles uint8

const (
	Domain  Profiles = 1 << iota // networks with a domain controller
	Private                      // networks that a user has marked as trusted
	Public                       // all others
)

// all holds the profiles in the order of Verdict's fields.
var all = [...]Profiles{Domain, Private, Public}

// Has reports whether the set contains all of p; the zero value contains every profile.
func (s Profiles) Has(p Profiles) bool { return s == 0 || s&p == p }

// String returns, for instance, "domain,private"; "any" for the zero value.
func (s Profiles) String() string {
	var names []string
	for i, p := range all {
		if s&p != 0 {
			names = append(names, [...]string{"domain", "private", "public"}[i])
		}
	}
	if names == nil {
		return "any"
	}
	return strings.Join(names, ",")
}

// Protocol is an IP protocol's number, except for 0, which means any protocol: a Rule without a
// protocol matches all.
type Protocol uint16

const (
	AnyProtocol Protocol = 0
	TCP         Protocol = 6
	UDP         Protocol = 17
	hopopt      Protocol = 256 // the protocol whose number is 0
)

// String returns "TCP", "UDP", "any" or the number.
func (p Protocol) String() string {
	switch p {
	case AnyProtocol:
		return "any"
	case TCP:
		return "TCP"
	case UDP:
		return "UDP"
	case hopopt:
		return "0"
	}
	return fmt.Sprint(uint16(p))
}

// Ports is a range of ports, or a keyword, such as RPC, for ports that parts of Windows use.
type Ports struct {
	First, Last int
	Keyword     string // if not "", First and Last are 0
}

// String returns "8080", "5000-5010" or the keyword.
func (p Ports) String() string {
	switch {
	case p.Keyword != "":
		return p.Keyword
	case p.First == p.Last:
		return fmt.Sprint(p.First)
	}
	return fmt.Sprintf("%d-%d", p.First, p.Last)
}

// Scope is a range of addresses of one family, or a keyword, such as LocalSubnet, for addresses
// that depend on the network.
type Scope struct {
	First, Last netip.Addr
	Keyword     string // if not "", First and Last are invalid
	Family      int    // of a keyword: 4, 6, or 0 for both
}

// String returns the range in netsh's syntax, or the keyword.
func (s Scope) String() string {
	switch {
	case s.Keyword != "" && s.Family != 0:
		return fmt.Sprintf("%s (IPv%d)", s.Keyword, s.Family)
	case s.Keyword != "":
		return s.Keyword
	case s.First == s.Last:
		return s.First.String()
	}
	return s.First.String() + "-" + s.Last.String()
}

// contains reports whether all of o is certainly within s.
func (s Scope) contains(o Scope) bool {
	if s.Keyword != "" || o.Keyword != "" {
		return strings.EqualFold(s.Keyword, o.Keyword) && (s.Family == 0 || s.Family == o.Family)
	}
	return s.First.BitLen() == o.First.BitLen() && !o.First.Less(s.First) && !s.Last.Less(o.Last)
}

func enumName(v uint8, kind string, names ...string) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

// String returns the rule's action, its name, and its store if that is not this machine's own, for
// use in messages.
func (r Rule) String() string {
	name := r.Name
	if name == "" || strings.HasPrefix(name, "@") {
		name = r.ID
	}
	s := fmt.Sprintf("%s rule %q", r.Action, name)
	if r.Store != Local {
		s += " of " + r.Store.String()
	}
	return s
}
