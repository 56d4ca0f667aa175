package firewall

import (
	"fmt"
	"slices"
	"strings"
)

// A profile is what the registry says of one network profile.
type profile struct {
	off      bool // EnableFirewall=0: nothing is filtered
	shielded bool // DoNotAllowExceptions=1: everything inbound is blocked
	open     bool // DefaultInboundAction=0: what no rule matches is allowed
	noLocal  bool // AllowLocalPolicyMerge=0: this machine's own rules are ignored
	quiet    bool // DisableNotifications=1: no prompt on the first listen
}

// A match is a rule that matches traffic for a query, and the conditions on
// which it does that the query leaves open.
type match struct {
	rule          Rule
	remote, local []Scope // nil: any
	other         []string
}

func (m match) limited() bool { return m.remote != nil || m.local != nil || m.other != nil }

// limits says what traffic m is limited to.
func (m match) limits() string {
	var s []string
	if m.remote != nil {
		s = append(s, "from "+list(m.remote))
	}
	if m.local != nil {
		s = append(s, "to "+list(m.local))
	}
	return strings.Join(append(s, m.other...), ", ")
}

// covers says whether m matches all that o matches.
func (m match) covers(o match) bool {
	return within(o.remote, m.remote) && within(o.local, m.local) &&
		!slices.ContainsFunc(m.other, func(c string) bool { return !slices.Contains(o.other, c) })
}

func within(inner, outer []Scope) bool {
	if outer == nil || inner == nil {
		return outer == nil
	}
	for _, in := range inner {
		if !slices.ContainsFunc(outer, func(out Scope) bool { return out.contains(in) }) {
			return false
		}
	}
	return true
}

// list names the first few scopes.
func list(scopes []Scope) string {
	const most = 4
	names := make([]string, 0, most)
	for _, s := range scopes[:min(most, len(scopes))] {
		names = append(names, s.String())
	}
	if more := len(scopes) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}

// evaluate decides for the three profiles, in the order of all.
func evaluate(rules []Rule, profiles [len(all)]profile, q Query) Verdict {
	if q.isLoopback() {
		return Verdict{Domain: Allowed, Private: Allowed, Public: Allowed, Notes: []string{"loopback only: not filtered"}}
	}
	var v Verdict
	var n notes
	for i, d := range [len(all)]*Decision{&v.Domain, &v.Private, &v.Public} {
		*d = decide(rules, profiles[i], all[i], q, func(format string, args ...any) {
			n.add(all[i], fmt.Sprintf(format, args...))
		})
	}
	v.Notes = n.list()
	v.Cancelled = cancelled(rules, q.Program)
	v.Temporary = isTemporary(q.Program)
	v.Hints = hints(q, v, profiles)
	return v
}

// decide follows [MS-FASP] 2.2.34 (block beats allow) and 2.2.38 (the profile's
// settings).
func decide(rules []Rule, p profile, is Profiles, q Query, note func(string, ...any)) Decision {
	if p.off {
		note("Windows Firewall is off")
		return Allowed
	}
	if p.shielded {
		note("all incoming connections are blocked, also those of allowed programs")
		return Blocked
	}
	var allows, blocks []match
	for _, r := range rules {
		if p.noLocal && r.Store == Local || !r.Profiles.Has(is) {
			continue
		}
		m, ok := r.match(q, note)
		switch {
		case !ok:
		case r.Action == ActionBlock:
			blocks = append(blocks, m)
		default:
			allows = append(allows, m)
		}
	}
	if p.noLocal {
		note("policy ignores this machine's own rules (AllowLocalPolicyMerge=0)")
	}
	return weigh(allows, blocks, p, note)
}

func weigh(allows, blocks []match, p profile, note func(string, ...any)) Decision {
	through := slices.DeleteFunc(slices.Clone(allows), func(a match) bool {
		return slices.ContainsFunc(blocks, func(b match) bool { return b.covers(a) })
	})
	blanket := slices.ContainsFunc(blocks, func(b match) bool { return !b.limited() })
	for _, m := range append(slices.Clone(through), blocks...) {
		if m.limited() {
			note("%v applies only %s", m.rule, m.limits())
		} else {
			note("%v applies", m.rule)
		}
	}
	switch {
	case len(through) > 0:
		return Allowed
	case blanket:
		return Blocked
	case p.open:
		note("what no rule matches is allowed (DefaultInboundAction=0)")
		return Allowed
	case len(allows) > 0:
		return Blocked
	case p.quiet:
		note("no rule allows it, and Windows won't ask (DisableNotifications=1)")
	}
	return NoRule
}

// notes collects what is to be said of each profile, and says it once for all
// to which it applies.
type notes struct {
	texts []string
	of    map[string]Profiles
}

func (n *notes) add(p Profiles, text string) {
	if n.of == nil {
		n.of = map[string]Profiles{}
	}
	if n.of[text] == 0 {
		n.texts = append(n.texts, text)
	}
	n.of[text] |= p
}

func (n *notes) list() []string {
	var list []string
	for _, text := range n.texts {
		if p := n.of[text]; p != Domain|Private|Public {
			text = p.String() + ": " + text
		}
		list = append(list, text)
	}
	return list
}
