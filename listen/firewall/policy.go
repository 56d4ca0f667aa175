package firewall

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// registryPolicy holds the unparsed firewall policy from the registry.
type registryPolicy struct {
	rules []registryRule
	notes []string // what could not be read

	// profiles holds the values of the keys DomainProfile, PrivateProfile, PublicProfile and
	// StandardProfile of each store, or nil for a missing key.
	profiles map[Store]map[string]map[string]uint64
}

type registryRule struct {
	store    Store
	id, text string
}

// parse returns the rules, with the variables in their paths replaced. It skips texts that are not
// rules and adds a note.
func (p registryPolicy) parse(variable func(string) (string, bool)) (rules []Rule, notes []string) {
	var bad int
	var first error
	for _, v := range p.rules {
		r, err := parseRule(v.id, v.text, true)
		if err != nil {
			bad++
			if first == nil {
				first = err
			}
			continue
		}
		r.Store = v.store
		r.Program, _ = expand(r.Program, variable)
		rules = append(rules, r)
	}
	if bad > 0 {
		notes = []string{fmt.Sprintf("texts that are not rules are ignored (%d), such as %s", bad, strings.TrimPrefix(first.Error(), "firewall: "))}
	}
	return rules, append(notes, p.notes...)
}

// storeContent is the content of one store.
type storeContent struct {
	rules    []registryRule
	found    bool // the key of the rules is there
	profiles map[string]map[string]uint64
}

// gather reads the stores. On some systems only administrators may read the store of the device
// management: gather then skips it and adds a note.
func gather(read func(Store) (storeContent, error)) (registryPolicy, error) {
	p := registryPolicy{profiles: map[Store]map[string]map[string]uint64{}}
	found := false
	for _, store := range []Store{Local, GroupPolicy, MDM} {
		content, err := read(store)
		if err != nil && store == MDM && errors.Is(err, fs.ErrPermission) {
			p.notes = append(p.notes, "the rules of the device management (MDM) are ignored: this account may not read them")
			continue
		}
		if err != nil {
			return p, err
		}
		found = found || content.found
		p.rules = append(p.rules, content.rules...)
		p.profiles[store] = content.profiles
	}
	if !found {
		return p, errNoRules
	}
	return p, nil
}

// merge returns the settings of the profiles according to [MS-FASP] 2.2.38. Group Policy's value
// takes precedence, then the device management's, then the local one. DoNotAllowExceptions applies
// if any store sets it. AllowLocalPolicyMerge in the local store is ignored.
func (p registryPolicy) merge() (merged [len(all)]profile) {
	for i, is := range all {
		group, local, mdm := p.group(is), p.local(Local, is), p.local(MDM, is)
		first := func(name string, byDefault uint64, stores ...map[string]uint64) bool {
			for _, values := range stores {
				if v, ok := values[name]; ok {
					return v != 0
				}
			}
			return byDefault != 0
		}
		const shield = "DoNotAllowExceptions"
		merged[i] = profile{
			off:      !first("EnableFirewall", 1, group.all, mdm, local),
			shielded: group.all[shield] != 0 || mdm[shield] != 0 || local[shield] != 0,
			open:     !first("DefaultInboundAction", 1, group.own, mdm, local),
			noLocal:  !first("AllowLocalPolicyMerge", 1, group.own, mdm),
			quiet:    first("DisableNotifications", 0, group.all, mdm, local),
		}
	}
	return merged
}

// groupValues holds Group Policy's values for a profile: all of them, and those from the profile's
// own key only.
type groupValues struct{ all, own map[string]uint64 }

// group returns Group Policy's values for a profile. StandardProfile is used for private and public
// if neither has its own key, and may contain only some of the settings ([MS-GPFAS] 2.2.3).
func (p registryPolicy) group(is Profiles) groupValues {
	keys := p.profiles[GroupPolicy]
	own := keys[profileKey(is)]
	if is != Domain && keys["PrivateProfile"] == nil && keys["PublicProfile"] == nil {
		return groupValues{all: keys["StandardProfile"]}
	}
	return groupValues{all: own, own: own}
}

// local returns the values of a store other than Group Policy's, where the private profile still
// has its name from before Windows Vista.
func (p registryPolicy) local(s Store, is Profiles) map[string]uint64 {
	keys := p.profiles[s]
	if own := keys[profileKey(is)]; own != nil || is != Private {
		return own
	}
	return keys["StandardProfile"]
}

func profileKey(is Profiles) string {
	return map[Profiles]string{Domain: "DomainProfile", Private: "PrivateProfile", Public: "PublicProfile"}[is]
}
