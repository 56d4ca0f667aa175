package firewall

import (
	"fmt"
	"slices"
	"strings"
)

// A profile holds the registry settings of one network profile.
type profile struct {
	off      bool // EnableFirewall=0: nothing is filtered
	shielded bool // DoNotAllowExceptions=1: everything inbound is blocked
	open     bool // DefaultInboundAction=0: unmatched connections are allowed
	noLocal  bool // AllowLocalPolicyMerge=0: this machine's own rules are ignored
	quiet    bool // DisableNotifications=1: no prompt on the first listen
}

// A match is a rule that matches traffic for a query, with the rule's conditions that the query
// leaves open.
type match struct {
	rule          Rule
	remote, local []Scope // nil: any
	other         []string
}

func (m match) limited() bool { return m.remote != nil || m.local != nil || m.other != nil }

// limits describes the traffic that m is limited to.
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

// covers reports whether m matches all that o matches.
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

// evaluate returns the decisions for the three profiles, in the order of all.
func evaluate(rules []Rule, profiles [len(all)]profile, q Query) Verdict {
	if q.isLoopback() {
		return Verdict{Domain: Allowed, Private: Allowed, Public: Allowed, Notes: []string{"loopback only: not filtered"}}
	}
	var v Verdict
	var n notes
	var blocks [len(all)][]Rule
	for i, d := range [len(all)]*Decision{&v.Domain, &v.Private, &v.Public} {
		*d, blocks[i] = decide(rules, profiles[i], all[i], q, ruleNotes{&n, all[i]})
	}
	v.Notes = n.list()
	v.Cancelled = cancelled(rules, q.Program)
	v.Temporary = isTemporary(q.Program)
	v.Hints = hints(rules, profiles, q, v, blocks)
	return v
}

// decide follows [MS-FASP] 2.2.34 (block beats allow) and 2.2.38 (the profile's settings). It also
// returns the rules that block traffic that would otherwise be allowed, or that block all traffic.
func decide(rules []Rule, p profile, is Profiles, q Query, n ruleNotes) (Decision, []Rule) {
	if p.off {
		n.note("Windows Firewall is off")
		return Allowed, nil
	}
	if p.shielded {
		n.note("all incoming connections are blocked, even those of allowed programs")
		return Blocked, nil
	}
	var allows, blocks []match
	for _, r := range rules {
		if p.noLocal && r.Store == Local || !r.Profiles.Has(is) {
			continue
		}
		m, ok := r.match(q, n)
		switch {
		case !ok:
		case r.Action == ActionBlock:
			blocks = append(blocks, m)
		default:
			allows = append(allows, m)
		}
	}
	if p.noLocal {
		n.note("policy ignores this machine's own rules (AllowLocalPolicyMerge=0)")
	}
	return weigh(allows, blocks, p, n.note)
}

func weigh(allows, blocks []match, p profile, note func(string, ...any)) (Decision, []Rule) {
	var deciding []Rule
	for _, b := range blocks {
		if !b.limited() || slices.ContainsFunc(allows, b.covers) {
			deciding = append(deciding, b.rule)
		}
	}
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
		return Allowed, nil
	case blanket:
		return Blocked, deciding
	case p.open:
		note("what no rule matches is allowed (DefaultInboundAction=0)")
		return Allowed, nil
	case len(allows) > 0:
		return Blocked, deciding
	case p.quiet:
		note("no rule allows it, and Windows won't ask (DisableNotifications=1)")
	}
	return NoRule, nil
}

// notes collects notes on each profile and lists each note once for all profiles to which it
// applies.
type notes struct {
	texts  []string
	of     map[string]Profiles
	doubts map[string][]string // rules by the reason why they are ignored
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

// list returns the notes. A stock Windows has dozens of rules that are ignored for the same reason;
// list names one of them.
func (n *notes) list() []string {
	var list []string
	for _, text := range n.texts {
		p := n.of[text]
		if rules := n.doubts[text]; len(rules) > 1 {
			text = fmt.Sprintf("%d rules, such as %s, don't count: they are only %s", len(rules), rules[0], text)
		} else if rules != nil {
			text = fmt.Sprintf("%s does not count: it is only %s", rules[0], text)
		}
		if p != Domain|Private|Public {
			text = p.String() + ": " + text
		}
		list = append(list, text)
	}
	return list
}

// ruleNotes collects the notes on the rules of one profile.
type ruleNotes struct {
	all     *notes
	profile Profiles
}

func (n ruleNotes) note(format string, args ...any) {
	n.all.add(n.profile, fmt.Sprintf(format, args...))
}

// unjudged notes that r is ignored although it matches.
func (n ruleNotes) unjudged(r Rule, why string) {
	if n.all.doubts == nil {
		n.all.doubts = map[string][]string{}
	}
	if name := r.String(); !slices.Contains(n.all.doubts[why], name) {
		n.all.doubts[why] = append(n.all.doubts[why], name)
	}
	n.all.add(n.profile, why)
}
