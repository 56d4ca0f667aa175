package firewall

import (
	"reflect"
	"slices"
	"strings"
)

// hints returns advice for profiles where v doesn't let the program in. blocks are the rules that
// block it, by profile.
//
// It suggests removing this machine's Block rules, since no Allow rule overrides them. If nothing
// allows the program then, it suggests a rule for the networks that q asks for.
func hints(rules []Rule, profiles [len(all)]profile, q Query, v Verdict, blocks [len(all)][]Rule) []string {
	var hints []string
	var need Profiles // where a rule of this machine would help
	var policy bool   // where it would not
	local := slices.Clone(v.Cancelled)
	for _, of := range blocks {
		for _, r := range of {
			if r.Store == Local && !slices.ContainsFunc(local, func(l Rule) bool { return l.ID == r.ID && l.Name == r.Name }) {
				local = append(local, r)
			}
		}
	}
	var without []Rule
	for _, r := range rules {
		if !slices.ContainsFunc(local, func(l Rule) bool { return reflect.DeepEqual(l, r) }) {
			without = append(without, r)
		}
	}
	for i, d := range []Decision{v.Domain, v.Private, v.Public} {
		switch {
		case d == Allowed || profiles[i].shielded:
		case profiles[i].noLocal:
			policy = true
		default:
			if after, _ := decide(without, profiles[i], all[i], q, ruleNotes{&notes{}, all[i]}); after == NoRule {
				need |= all[i]
			}
		}
	}
	for _, r := range local {
		line, err := removal(r)
		hints = appendLine(hints, line, err)
	}
	if policy {
		hints = append(hints, "ask this machine's administrators for the rule: since policy ignores the machine's own rules, it must come from Group Policy or the device management")
	}
	if need &= q.wanted(); need == 0 {
		return hints
	}
	if v.Temporary {
		return append(hints, "build to a fixed path (go build -o), or listen on localhost: the next build has a different path, and no rule")
	}
	if args, err := addArgs(suggestion(q, need)); err == nil {
		line, err := commandLine(args)
		hints = appendLine(hints, line, err)
	}
	return hints
}

// removal returns the command that removes a rule. netsh finds rules by name and shows rules whose
// name is a reference to a resource under another name; PowerShell finds them by ID.
func removal(r Rule) (string, error) {
	args, err := deleteArgs(r.Name, &r)
	if err == nil {
		return commandLine(args)
	}
	if r.ID == "" || strings.ContainsFunc(r.ID, func(c rune) bool { return needsQuotes(c) && !strings.ContainsRune("{} ()", c) }) {
		return "", err
	}
	return `powershell -NoProfile -Command "Remove-NetFirewallRule -Name '` + r.ID + `'"`, nil
}

func appendLine(hints []string, line string, err error) []string {
	if err == nil {
		hints = append(hints, line)
	}
	return hints
}

// suggestion returns the narrowest rule that lets q in on these profiles.
func suggestion(q Query, p Profiles) Rule {
	r := Rule{Name: strings.TrimSuffix(base(q.Program), ".exe"), Program: q.Program, Protocol: q.protocol()}
	if q.Port != 0 {
		r.LocalPorts = []Ports{{First: q.Port, Last: q.Port}}
	}
	if p != Domain|Private|Public {
		r.Profiles = p
	}
	return r
}

// sameRule reports whether old, from the registry, has the same effect as the new rule, ignoring
// its description and group.
func sameRule(old, new Rule) bool {
	if old.doubts != nil || old.unjudged() != "" || !samePath(old.Program, new.Program) || !strings.EqualFold(old.Name, new.Name) {
		return false
	}
	for _, f := range old.fields {
		if f.name != "EmbedCtxt" && f.name != "Edge" && f.name != "Defer" {
			return false
		}
	}
	allProfiles := func(p Profiles) Profiles {
		if p == 0 {
			return Domain | Private | Public
		}
		return p
	}
	return old.Action == new.Action && old.Direction == new.Direction && old.Disabled == new.Disabled &&
		allProfiles(old.Profiles) == allProfiles(new.Profiles) && old.Protocol == new.Protocol && old.Service == new.Service &&
		slices.Equal(old.LocalPorts, new.LocalPorts) && slices.Equal(old.RemotePorts, new.RemotePorts) &&
		slices.Equal(old.LocalAddrs, new.LocalAddrs) && slices.Equal(mergeFamilies(old.RemoteAddrs), mergeFamilies(new.RemoteAddrs))
}
