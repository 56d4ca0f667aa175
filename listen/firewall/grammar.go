package firewall

import (
	"fmt"
	"strings"
	"sync"
)

// A key of the grammar: [MS-GPFAS] 2.2.2.19, as of April 23, 2024. Only the values that Evaluate
// uses are parsed; all others are kept as text.
type key struct {
	name     string // as Windows writes it
	many     bool   // may occur more than once
	versions bool   // has variants, such as LPort2_10
	set      func(*Rule, string) error
	text     bool // set only checks the value, which is kept as text
}

// grammar holds the keys by their names in lower case: the specification itself spells some in two
// ways (RMauth and RMAuth, PCross and PCROSS).
func grammar() map[string]key {
	known.once.Do(func() {
		all := keys()
		known.keys = make(map[string]key, len(all))
		for _, k := range all {
			known.keys[strings.ToLower(k.name)] = k
		}
	})
	return known.keys
}

var known struct {
	once sync.Once
	keys map[string]key
}

// lookup finds a key of the grammar. Values added to a key in a later version are under the key
// with that version, such as LPort2_10 for a range.
func lookup(name string) (k key, ok bool) {
	name = strings.ToLower(name)
	if k, ok = grammar()[name]; ok {
		return k, true
	}
	base, minor, ok := strings.Cut(name, "2_")
	if _, err := number(minor, 255); !ok || err != nil {
		return key{}, false
	}
	k, ok = grammar()[base]
	return k, ok && k.versions
}

func keys() []key {
	return []key{
		{name: "Action", set: setAction},
		{name: "Dir", set: setDirection},
		{name: "Active", set: setActive},
		{name: "Profile", many: true, set: setProfile},
		{name: "Protocol", set: setProtocol},

		{name: "LPort", many: true, versions: true, set: addPorts(localPorts)},
		{name: "RPort", many: true, versions: true, set: addPorts(remotePorts)},

		{name: "LA4", many: true, set: addScope(localAddrs, 4, false)},
		{name: "LA6", many: true, set: addScope(localAddrs, 6, false)},
		{name: "RA4", many: true, set: addScope(remoteAddrs, 4, true)},
		{name: "RA6", many: true, set: addScope(remoteAddrs, 6, true)},
		{name: "RA42", many: true, set: addScope(remoteAddrs, 4, true)},
		{name: "RA62", many: true, set: addScope(remoteAddrs, 6, true)},

		{name: "App", set: func(r *Rule, s string) error { r.Program = s; return nil }},
		{name: "Svc", set: func(r *Rule, s string) error { r.Service = s; return nil }},
		{name: "Name", set: func(r *Rule, s string) error { r.Name = s; return nil }},
		{name: "Desc", set: func(r *Rule, s string) error { r.Description = s; return nil }},

		{name: "Platform", many: true, set: checkPlatform, text: true},
		{name: "Platform2", set: checkOneOf("GTEQ"), text: true},
		{name: "LOM", set: checkBoolean, text: true},

		{name: "EmbedCtxt"}, // the group
		{name: "Edge"},      // of Teredo
		{name: "Defer"},
		{name: "ICMP4", many: true},
		{name: "ICMP6", many: true},
		{name: "Security"},
		{name: "Security2_9"},
		{name: "Security2"},
		{name: "RMauth"}, // security descriptors, in SDDL
		{name: "RUAuth"},
		{name: "LUAuth"},
		{name: "LUAuth2_24"},
		{name: "LUOwn"},    // a SID
		{name: "AppPkgId"}, // the SID of a packaged app
		{name: "PFN"},      // its family; not in the grammar, but in every Windows since 10
		{name: "AuthByPassOut"},
		{name: "LSM"},
		{name: "PCross"},
		{name: "IF", many: true},
		{name: "IFType", many: true},
		{name: "SkipVer"},
		{name: "TTK", many: true, versions: true},
		{name: "NNm"},
		{name: "SecurityRealmId"},
	}
}

func setAction(r *Rule, s string) error {
	i, err := oneOf(s, "Allow", "Block", "ByPass")
	r.Action = Action(i)
	return err
}

func setDirection(r *Rule, s string) error {
	i, err := oneOf(s, "In", "Out")
	r.Direction = Direction(i)
	return err
}

func setActive(r *Rule, s string) error {
	active, err := boolean(s)
	r.Disabled = !active
	return err
}

func setProfile(r *Rule, s string) error {
	i, err := oneOf(s, "Domain", "Private", "Public")
	r.Profiles |= all[i]
	return err
}

func setProtocol(r *Rule, s string) error {
	n, err := number(s, 255)
	r.Protocol = Protocol(n)
	if n == 0 {
		r.Protocol = hopopt
	}
	return err
}

func localPorts(r *Rule) *[]Ports  { return &r.LocalPorts }
func remotePorts(r *Rule) *[]Ports { return &r.RemotePorts }
func localAddrs(r *Rule) *[]Scope  { return &r.LocalAddrs }
func remoteAddrs(r *Rule) *[]Scope { return &r.RemoteAddrs }

func addPorts(list func(*Rule) *[]Ports) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		p, err := parsePorts(s)
		*list(r) = append(*list(r), p)
		return err
	}
}

func addScope(list func(*Rule) *[]Scope, family int, keywords bool) func(*Rule, string) error {
	return func(r *Rule, s string) error {
		a, err := parseScope(s, family, keywords)
		*list(r) = append(*list(r), a)
		return err
	}
}

func checkOneOf(words ...string) func(*Rule, string) error {
	return func(_ *Rule, s string) error {
		_, err := oneOf(s, words...)
		return err
	}
}

func checkBoolean(_ *Rule, s string) error {
	_, err := boolean(s)
	return err
}

func checkPlatform(_ *Rule, s string) error {
	_, err := parsePlatform(s)
	return err
}

// parsePlatform returns the platform (2 is Windows NT) and the version.
func parsePlatform(s string) (p [3]int, err error) {
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return p, fmt.Errorf("want PLATFORM:MAJOR:MINOR")
	}
	for i, limit := range [3]int{7, 255, 255} {
		if p[i], err = number(parts[i], limit); err != nil {
			return p, err
		}
	}
	return p, nil
}
