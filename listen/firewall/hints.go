package firewall

import (
	"reflect"
	"strings"
)

// hints says what to do where v doesn't let the program in.
func hints(q Query, v Verdict, profiles [len(all)]profile) []string {
	var hints []string
	var need Profiles // where a rule of this machine would help
	var policy bool   // where it would not
	for i, d := range []Decision{v.Domain, v.Private, v.Public} {
		switch {
		case d == Allowed || profiles[i].shielded:
		case profiles[i].noLocal:
			policy = true
		case d == NoRule || v.Cancelled != nil:
			need |= all[i]
		}
	}
	for _, r := range v.Cancelled {
		if args, err := deleteArgs(r.Name, &r); err == nil {
			hints = appendLine(hints, args)
		}
	}
	if policy {
		hints = append(hints, "ask those who administer this machine for the rule: where policy ignores its own, only one of Group Policy or the device management helps")
	}
	switch args, err := addArgs(suggestion(q, need)); {
	case need == 0:
	case v.Temporary:
		hints = append(hints, "build to a path that stays (go build -o), or listen on localhost: the next build has another path than this, and no rule")
	case err == nil:
		hints = appendLine(hints, args)
	}
	return hints
}

func appendLine(hints, args []string) []string {
	if line, err := commandLine(args); err == nil {
		hints = append(hints, line)
	}
	return hints
}

// suggestion is the narrowest rule that lets q in on these profiles.
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

// sameRule says whether old, of the registry, does what the new rule would.
func sameRule(old, new Rule) bool {
	old.ID, new.ID = "", ""
	old.Store, new.Store = 0, 0
	if !samePath(old.Program, new.Program) || !strings.EqualFold(old.Service, new.Service) || !strings.EqualFold(old.Name, new.Name) {
		return false
	}
	old.Program, old.Service, old.Name = new.Program, new.Service, new.Name
	old.RemoteAddrs, new.RemoteAddrs = mergeFamilies(old.RemoteAddrs), mergeFamilies(new.RemoteAddrs)
	if old.Profiles == Domain|Private|Public {
		old.Profiles = 0
	}
	if new.Profiles == Domain|Private|Public {
		new.Profiles = 0
	}
	return reflect.DeepEqual(old, new)
}
