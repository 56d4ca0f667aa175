package firewall

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// netsh expects each argument as TAG=VALUE. If this program starts it, without a shell, an argument
// may contain any character; only a command for a person to paste needs care.

// addArgs returns netsh's arguments that add r, whose Program contains no variables, or an error if
// Allow does not support r.
func addArgs(r Rule) ([]string, error) {
	if err := checkAddable(r); err != nil {
		return nil, err
	}
	args := []string{"advfirewall", "firewall", "add", "rule", "name=" + r.Name, "dir=in", "action=allow"}
	add := func(tag, value string) {
		if value != "" {
			args = append(args, tag+"="+value)
		}
	}
	add("program", cleanPath(r.Program))
	if r.Profiles != 0 {
		add("profile", r.Profiles.String())
	}
	add("protocol", r.Protocol.String())
	add("localport", join(r.LocalPorts))
	add("remoteip", join(mergeFamilies(r.RemoteAddrs)))
	return args, nil
}

// deleteArgs returns netsh's arguments that delete the inbound rules with that name; if r is not
// nil, only those like r.
func deleteArgs(name string, r *Rule) ([]string, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	args := []string{"advfirewall", "firewall", "delete", "rule", "name=" + name, "dir=in"}
	if r == nil {
		return args, nil
	}
	if r.Program != "" {
		args = append(args, "program="+r.Program)
	}
	if r.Protocol != AnyProtocol {
		args = append(args, "protocol="+r.Protocol.String())
	}
	if r.LocalPorts != nil {
		args = append(args, "localport="+join(r.LocalPorts))
	}
	if r.Profiles != 0 {
		args = append(args, "profile="+r.Profiles.String())
	}
	return args, nil
}

func checkAddable(r Rule) error {
	if err := checkName(r.Name); err != nil {
		return err
	}
	switch {
	case r.LocalPorts != nil && r.Protocol != TCP && r.Protocol != UDP:
		return errors.New("a rule with ports needs the protocol TCP or UDP")
	case r.Program == "" && r.LocalPorts == nil:
		return errors.New("a rule without program and ports would open everything")
	}
	if err := checkLists(r); err != nil {
		return err
	}
	return checkProgram(r.Program)
}

// checkSimple returns an error for rules that Allow does not support: anything but an inbound allow
// rule for a program and ports, limited by profiles and peers.
func checkSimple(r Rule) error {
	no := func(what string) error { return fmt.Errorf("%s: %w", what, errors.ErrUnsupported) }
	switch {
	case r.Action != ActionAllow || r.Direction != Inbound || r.Disabled:
		return no("only an active inbound allow rule can be added")
	case r.Service != "":
		return no("a rule for a service; use a rule for its program and ports")
	case r.Description != "":
		return no("a description")
	case r.RemotePorts != nil:
		return no("a rule for the peer's ports, which are practically random")
	case r.LocalAddrs != nil:
		return no("a rule for local addresses; listen on these addresses instead")
	case r.fields != nil || r.doubts != nil:
		return no("a rule with conditions other than program, port, protocol, profiles and peers")
	}
	return nil
}

// checkName checks a rule's name according to [MS-FASP] 2.2.37, and rejects references to resources
// such as "@FILE.dll,-1", because Windows would load that file.
func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "" || strings.TrimSpace(name) != name:
		return fmt.Errorf("the name %q is empty, or begins or ends with a space", name)
	case strings.EqualFold(name, "all"):
		return errors.New(`the name "all" stands for every rule`)
	case strings.HasPrefix(name, "@"):
		return fmt.Errorf("the name %q is a reference to a resource", name)
	case strings.ContainsFunc(name, notText):
		return fmt.Errorf("the name %q has a character that a rule can't hold", name)
	}
	return nil
}

func notText(c rune) bool {
	return c == '|' || c == '"' || unicode.IsControl(c) || c == unicode.ReplacementChar
}

// checkProgram returns an error unless path is the full path of a file on this machine. Everything
// that netsh would expand as a variable must have been replaced.
func checkProgram(path string) error {
	if path == "" || isSystem(path) {
		return nil
	}
	clean := cleanPath(path)
	switch {
	case !isFullPath(clean) || len(clean) >= 260:
		return fmt.Errorf("the program %q is not a full path of fewer than 260 characters", path)
	case strings.ContainsFunc(clean, notText) || strings.ContainsAny(clean, "*?<>"):
		return fmt.Errorf("the program %q has a character that no path can have", path)
	case strings.Contains(clean, `\..\`) || strings.Contains(clean, `\.\`) || strings.HasSuffix(clean, `\`):
		return fmt.Errorf("the program %q is not the plain path of a file", path)
	case strings.Count(clean, "%") > 1:
		return fmt.Errorf("the program %q has a variable that is not the same for all accounts", path)
	}
	return nil
}

// checkLists rejects anything but numbers, addresses and keywords in the lists, which netsh splits
// at commas.
func checkLists(r Rule) error {
	for _, p := range r.LocalPorts {
		if p.Keyword != "" && keyword(p.Keyword) != nil || p.First < 0 || p.Last > 65535 || p.Last < p.First {
			return fmt.Errorf("%v are not ports", p)
		}
	}
	for _, s := range mergeFamilies(r.RemoteAddrs) {
		ok := s.First.IsValid() && s.First.BitLen() == s.Last.BitLen() && s.First.Zone() == "" && s.Last.Zone() == "" && !s.Last.Less(s.First)
		if s.Keyword != "" {
			ok = keyword(s.Keyword) == nil && s.Family == 0
		}
		if !ok {
			return fmt.Errorf("netsh can't limit a rule to %v", s)
		}
	}
	return nil
}

// mergeFamilies merges the two keywords for IPv4 and IPv6 into one for both families, the only form
// that netsh supports.
func mergeFamilies(scopes []Scope) []Scope {
	var merged []Scope
	for _, s := range scopes {
		if s.Family == 0 {
			merged = append(merged, s)
			continue
		}
		other := Scope{Keyword: s.Keyword, Family: 10 - s.Family}
		if !within([]Scope{other}, scopes) {
			merged = append(merged, s)
		} else if s.Family == 4 {
			merged = append(merged, Scope{Keyword: s.Keyword})
		}
	}
	return merged
}

func join[T fmt.Stringer](list []T) string {
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i] = v.String()
	}
	return strings.Join(texts, ",")
}

// commandLine returns the command that runs netsh with these arguments, for a person to paste. It
// must mean the same in the Command Prompt and in PowerShell; otherwise commandLine returns an
// error. In both, quotes protect spaces and & | < > ^ ( ) ; , but within quotes the Command Prompt
// interprets % and PowerShell interprets $ ` and typographic quotes, and a backslash before the
// closing quote is ambiguous.
func commandLine(args []string) (string, error) {
	line := []string{"netsh"}
	for _, arg := range args {
		if strings.ContainsFunc(arg, unsafeInShell) || strings.HasSuffix(arg, `\`) {
			return "", fmt.Errorf("no command can be given that is safe to paste: a shell would interpret part of %q", arg)
		}
		tag, value, ok := strings.Cut(arg, "=")
		if ok && strings.ContainsFunc(value, needsQuotes) {
			arg = tag + `="` + value + `"`
		}
		line = append(line, arg)
	}
	return strings.Join(line, " "), nil
}

func unsafeInShell(c rune) bool {
	return strings.ContainsRune("\"$`%\u201c\u201d\u201e", c) || notText(c) || !unicode.IsPrint(c)
}

func needsQuotes(c rune) bool {
	plain := '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
	return !plain && !strings.ContainsRune(`\:.-_`, c)
}
