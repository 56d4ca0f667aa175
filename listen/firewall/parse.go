package firewall

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// A syntaxError is the reason why a text is not a rule.
type syntaxError struct {
	rule   string // the name passed to ParseRule
	field  string // the invalid field, or "" for the whole rule
	reason string
}

func (e *syntaxError) Error() string {
	if e.field == "" {
		return fmt.Sprintf("firewall: rule %q: %s", e.rule, e.reason)
	}
	return fmt.Sprintf("firewall: rule %q: field %q: %s", e.rule, e.field, e.reason)
}

// ParseRule parses the text that the registry holds under name, such as
//
//	v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8080|App=C:\srv\orders.exe|Name=orders|
//
// The grammar is that of "[MS-GPFAS]: Group Policy: Firewall and Advanced Security Data Structure",
// 2.2.2.19, which all of Windows' stores share. ParseRule parses the values that Evaluate uses and
// returns an error if one is invalid. It keeps all others as text.
//
// Beyond the grammar it accepts variations found in real stores: keys and the version in any case,
// fields in any order, no bar at the end, empty values of free text, packaged apps' PFN, and any
// version from 2.0 on. A rule of version 2.0 or 4.0 without Active= is active, like all rules in
// the store of RestrictedServices. A rule of a later version without it is active if it blocks.
//
// Evaluate ignores Allow rules with a key that is not in the grammar, or with a major version other
// than 2, because it can't interpret them.
func ParseRule(name, text string) (Rule, error) { return parseRule(name, text, false) }

// parseRule is like ParseRule. If lenient is true, it keeps unreadable values as doubts about the
// rule: dropping a Block rule because of one value could turn a verdict into "allowed".
func parseRule(name, text string, lenient bool) (Rule, error) {
	p := parser{rule: Rule{ID: name}, seen: map[string]string{}}
	versionText, rest, _ := strings.Cut(text, "|")
	major, minor, err := parseVersion(versionText)
	if err != nil {
		return Rule{}, &syntaxError{name, versionText, err.Error()}
	}
	if major != 2 {
		p.rule.doubts = append(p.rule.doubts, "version "+versionText)
	}
	for rest != "" {
		var field string
		field, rest, _ = strings.Cut(rest, "|")
		if err := p.field(field); err != nil {
			key, _, _ := strings.Cut(field, "=")
			if !lenient || strings.EqualFold(key, "Action") || strings.EqualFold(key, "Dir") {
				return Rule{}, &syntaxError{name, field, err.Error()}
			}
			p.rule.doubts = append(p.rule.doubts, field)
		}
	}
	for _, key := range []string{"Action", "Dir"} {
		if _, ok := p.seen[key]; !ok {
			return Rule{}, &syntaxError{name, "", "has no " + key}
		}
	}
	if _, ok := p.seen["Active"]; !ok && minor > 0 {
		p.rule.Disabled = p.rule.Action != ActionBlock
	}
	if err := p.checkProtocol(); err != nil {
		if !lenient {
			return Rule{}, err
		}
		p.rule.doubts = append(p.rule.doubts, err.field)
		p.rule.LocalPorts, p.rule.RemotePorts = nil, nil
	}
	return p.rule, nil
}

type parser struct {
	rule Rule
	seen map[string]string // fields read so far, by the key's name in the grammar
}

func (p *parser) field(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("is not KEY=VALUE")
	}
	k, known := lookup(key)
	if !known {
		p.rule.fields = append(p.rule.fields, field{key: key, value: value})
		p.rule.doubts = append(p.rule.doubts, key)
		return nil
	}
	if _, twice := p.seen[k.name]; twice && !k.many {
		return fmt.Errorf("stands there twice")
	}
	changed := p.rule
	if k.set == nil || k.text {
		changed.fields = append(changed.fields, field{k.name, key, value})
	}
	if k.set != nil {
		if err := k.set(&changed, value); err != nil {
			return err
		}
	}
	p.rule, p.seen[k.name] = changed, text
	return nil
}

// checkProtocol returns an error for ports without TCP or UDP. The protocol may come before or
// after the ports.
func (p *parser) checkProtocol() *syntaxError {
	if p.rule.Protocol == TCP || p.rule.Protocol == UDP {
		return nil
	}
	for _, key := range []string{"LPort", "RPort"} {
		if field, ok := p.seen[key]; ok {
			return &syntaxError{p.rule.ID, field, "needs the protocol TCP (6) or UDP (17)"}
		}
	}
	return nil
}

// parseVersion reads the version that a rule begins with: v2.30, or V2.0 and V4.0 in the store of
// RestrictedServices.
func parseVersion(s string) (major, minor int, err error) {
	if s == "" || s[0] != 'v' && s[0] != 'V' {
		return 0, 0, fmt.Errorf("a rule begins with its version, such as v2.30")
	}
	maj, min, ok := strings.Cut(s[1:], ".")
	if !ok {
		return 0, 0, fmt.Errorf("want a version, such as v2.30")
	}
	if major, err = number(maj, 255); err != nil {
		return 0, 0, err
	}
	if minor, err = number(min, 255); err != nil {
		return 0, 0, err
	}
	if major < 2 {
		return 0, 0, fmt.Errorf("no version before 2.0 is known")
	}
	return major, minor, nil
}

// number is like strconv.Atoi for the grammar's 1*DIGIT, without a sign.
func number(s string, max int) (int, error) {
	for _, c := range []byte(s) {
		if c < '0' || '9' < c {
			return 0, fmt.Errorf("%q is not a number", s)
		}
	}
	n, err := strconv.Atoi(s)
	if s == "" {
		return 0, fmt.Errorf("a number is missing")
	}
	if err != nil || n > max {
		return 0, fmt.Errorf("%s is above %d", s, max)
	}
	return n, nil
}

func boolean(s string) (bool, error) {
	if strings.EqualFold(s, "TRUE") {
		return true, nil
	}
	if strings.EqualFold(s, "FALSE") {
		return false, nil
	}
	return false, fmt.Errorf("want TRUE or FALSE")
}

// oneOf returns the index of s in words.
func oneOf(s string, words ...string) (int, error) {
	for i, w := range words {
		if strings.EqualFold(s, w) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("want one of %s", strings.Join(words, ", "))
}

// keyword returns an error unless s has the form of a keyword: letters, digits and hyphens.
func keyword(s string) error {
	ok := s != ""
	for _, c := range []byte(s) {
		ok = ok && (c == '-' || c == '_' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z')
	}
	if !ok {
		return fmt.Errorf("%q is not a keyword", s)
	}
	return nil
}

// parsePorts parses the value of an LPort or RPort key.
func parsePorts(s string) (Ports, error) {
	if s == "" || s[0] < '0' || '9' < s[0] {
		return Ports{Keyword: s}, keyword(s)
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	a, err := number(first, 65535)
	if err != nil {
		return Ports{}, err
	}
	b, err := number(last, 65535)
	if err != nil {
		return Ports{}, err
	}
	if b < a {
		return Ports{}, fmt.Errorf("the range ends before it begins")
	}
	return Ports{First: a, Last: b}, nil
}

// parseScope parses an address, a range, a subnet or, if keywords is true, a keyword.
func parseScope(s string, family int, keywords bool) (Scope, error) {
	if first, last, ok := strings.Cut(s, "-"); ok {
		return parseAddrRange(first, last, family)
	}
	if addr, mask, ok := strings.Cut(s, "/"); ok {
		return parseSubnet(addr, mask, family)
	}
	if !strings.ContainsAny(s, ".:") && keywords {
		return Scope{Keyword: s, Family: family}, keyword(s)
	}
	return parseAddrRange(s, s, family)
}

func parseAddrRange(first, last string, family int) (Scope, error) {
	a, err := parseAddr(first, family)
	if err != nil {
		return Scope{}, err
	}
	b, err := parseAddr(last, family)
	if err != nil {
		return Scope{}, err
	}
	if b.Less(a) {
		return Scope{}, fmt.Errorf("the range ends before it begins")
	}
	return Scope{First: a, Last: b}, nil
}

func parseAddr(s string, family int) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err != nil || a.Is4() != (family == 4) || a.Zone() != "" {
		return netip.Addr{}, fmt.Errorf("%q is not an IPv%d address", s, family)
	}
	return a, nil
}

// parseSubnet parses a subnet whose mask is a number of bits or, in IPv4, an address.
func parseSubnet(addr, mask string, family int) (Scope, error) {
	a, err := parseAddr(addr, family)
	if err != nil {
		return Scope{}, err
	}
	var n int
	if m, err := netip.ParseAddr(mask); err == nil && m.Is4() && family == 4 {
		b := m.As4()
		ones := binary.BigEndian.Uint32(b[:])
		n = bits.LeadingZeros32(^ones)
		if ones<<n != 0 {
			return Scope{}, fmt.Errorf("%s is not a subnet mask", mask)
		}
	} else if n, err = number(mask, a.BitLen()); err != nil {
		return Scope{}, err
	}
	return subnet(netip.PrefixFrom(a, n)), nil
}

func subnet(p netip.Prefix) Scope {
	first := p.Masked().Addr()
	last := first.AsSlice()
	for i := p.Bits(); i < len(last)*8; i++ {
		last[i/8] |= 0x80 >> (i % 8)
	}
	end, _ := netip.AddrFromSlice(last)
	return Scope{First: first, Last: end}
}
