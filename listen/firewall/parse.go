package firewall

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// A SyntaxError says why a text is not a rule.
type SyntaxError struct {
	Rule   string // the name that ParseRule was given
	Field  string // the field at fault; "" if it is the rule as a whole
	Reason string
}

func (e *SyntaxError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("firewall: rule %q: %s", e.Rule, e.Reason)
	}
	return fmt.Sprintf("firewall: rule %q: field %q: %s", e.Rule, e.Field, e.Reason)
}

// ParseRule makes a Rule of the text that the registry holds under name, such as
//
//	v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=8080|App=C:\srv\orders.exe|Name=orders|
//
// The grammar is that of "[MS-GPFAS]: Group Policy: Firewall and Advanced
// Security Data Structure", 2.2.2.19, which all of Windows' stores share. Every
// field of it is understood and its value checked, including the order that it
// asks for (Protocol stands before ports and ICMP types) and the fields that
// may stand once only.
//
// Beyond the grammar it takes what real stores hold: no bar at the end, empty
// values of free text, keys in any case, packaged apps' PFN, any version 2.x.
// A key that it doesn't know is kept in Fields and has no effect on Evaluate
// but a note: so Windows does with a rule of a later version ([MS-FASP] 2.2.24,
// FW_RULE_STATUS_PARTIALLY_IGNORED). A keyword for ports, addresses, interface
// types or trust tuples that it doesn't know is kept, too, and no key is held to
// the version that brought it. Another major version, which Windows ignores as a
// whole, is an error.
//
// The error is a *SyntaxError.
func ParseRule(name, text string) (Rule, error) {
	p := parser{rule: Rule{ID: name, Disabled: true}, seen: map[string]bool{}}
	version, rest, _ := strings.Cut(text, "|")
	if err := checkVersion(version); err != nil {
		return Rule{}, &SyntaxError{Rule: name, Field: version, Reason: err.Error()}
	}
	for rest != "" {
		var field string
		field, rest, _ = strings.Cut(rest, "|")
		if err := p.field(field); err != nil {
			return Rule{}, &SyntaxError{Rule: name, Field: field, Reason: err.Error()}
		}
	}
	for _, key := range []string{"Action", "Dir"} {
		if !p.seen[key] {
			return Rule{}, &SyntaxError{Rule: name, Reason: "has no " + key}
		}
	}
	return p.rule, nil
}

type parser struct {
	rule Rule
	seen map[string]bool // the grammar's names
}

func (p *parser) field(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return fmt.Errorf("is not KEY=VALUE")
	}
	k, known := lookup(key)
	if !known {
		p.rule.Fields = append(p.rule.Fields, Field{Key: key, Value: value, Unknown: true})
		return nil
	}
	if p.seen[k.name] && !k.many {
		return fmt.Errorf("stands there twice")
	}
	p.seen[k.name] = true
	if k.needs != nil {
		if err := k.needs(p); err != nil {
			return err
		}
	}
	if k.set != nil {
		return k.set(&p.rule, value)
	}
	if k.check != nil {
		if err := k.check(value); err != nil {
			return err
		}
	}
	p.rule.Fields = append(p.rule.Fields, Field{Key: key, Value: value})
	return nil
}

func checkVersion(s string) error {
	digits, ok := strings.CutPrefix(s, "v")
	if !ok {
		return fmt.Errorf("a rule begins with its version, such as v2.30")
	}
	major, err := version(digits)
	if err != nil {
		return err
	}
	if major != 2 {
		return fmt.Errorf("only the versions 2.x are known")
	}
	return nil
}

// version checks a MAJOR.MINOR of two bytes and returns the major number.
func version(s string) (major int, err error) {
	maj, minor, ok := strings.Cut(s, ".")
	if !ok {
		return 0, fmt.Errorf("want a version, such as 2.30")
	}
	if major, err = number(maj, 255); err != nil {
		return 0, err
	}
	_, err = number(minor, 255)
	return major, err
}

// number is strconv.Atoi for the grammar's 1*DIGIT: no sign.
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

// oneOf returns the place of s among the words.
func oneOf(s string, words ...string) (int, error) {
	for i, w := range words {
		if strings.EqualFold(s, w) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("want one of %s", strings.Join(words, ", "))
}

// keyword checks that s could be one: letters, digits and hyphens.
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

// parsePorts takes what any of the LPort and RPort keys may hold.
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

// parseScope takes an address, a range, a subnet or, if keywords may stand
// there, a keyword.
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

// parseSubnet takes the mask as a number of bits or, in IPv4, as an address.
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
