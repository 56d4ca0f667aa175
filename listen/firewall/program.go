package firewall

import (
	"regexp"
	"strings"
)

// These functions handle Windows paths on every system, so they can't use path/filepath.

// expand replaces %NAME% with get's value. unresolved is the first name without a value; it stays
// in the path. An unpaired % is an ordinary character.
func expand(path string, get func(string) (string, bool)) (expanded, unresolved string) {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(path, "%")
		name, after, pair := strings.Cut(rest, "%")
		b.WriteString(before)
		switch value, known := get(name); {
		case !ok:
			return b.String(), unresolved
		case !pair || name == "":
			b.WriteByte('%')
			path = rest
			continue
		case known:
			b.WriteString(value)
		default:
			b.WriteString("%" + name + "%")
			if unresolved == "" {
				unresolved = name
			}
		}
		path = after
	}
}

// standardVariable returns the values of a standard installation for variables that are the same
// for all accounts. The firewall's service resolves all others in its own account, so not to the
// user's values.
func standardVariable(name string) (string, bool) {
	switch strings.ToUpper(name) {
	case "SYSTEMDRIVE":
		return `C:`, true
	case "SYSTEMROOT", "WINDIR":
		return `C:\Windows`, true
	case "PROGRAMFILES", "PROGRAMW6432":
		return `C:\Program Files`, true
	case "PROGRAMFILES(X86)":
		return `C:\Program Files (x86)`, true
	case "COMMONPROGRAMFILES", "COMMONPROGRAMW6432":
		return `C:\Program Files\Common Files`, true
	case "COMMONPROGRAMFILES(X86)":
		return `C:\Program Files (x86)\Common Files`, true
	case "PROGRAMDATA", "ALLUSERSPROFILE":
		return `C:\ProgramData`, true
	case "PUBLIC":
		return `C:\Users\Public`, true
	}
	return "", false
}

// machineVariable is like standardVariable with this machine's values from getenv. In a 32-bit
// program, ProgramFiles differs from the service's.
func machineVariable(getenv func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		standard, ok := standardVariable(name)
		if !ok {
			return "", false
		}
		switch strings.ToUpper(name) {
		case "PROGRAMFILES", "COMMONPROGRAMFILES":
			if v, ok := getenv(strings.Replace(strings.ToUpper(name), "FILES", "W6432", 1)); ok {
				return v, true
			}
		}
		if v, ok := getenv(name); ok {
			return v, true
		}
		return standard, true
	}
}

// samePath compares paths like the file system: ignoring case, with / like \, and with or without
// the \\?\ that disables path parsing.
func samePath(a, b string) bool { return strings.EqualFold(cleanPath(a), cleanPath(b)) }

func cleanPath(path string) string {
	path = strings.ReplaceAll(path, "/", `\`)
	if rest, ok := strings.CutPrefix(path, `\\?\`); ok {
		path = rest
		if share, ok := strings.CutPrefix(path, `UNC\`); ok {
			path = `\\` + share
		}
	}
	return path
}

// isFullPath reports whether a path does not depend on the current drive and directory.
func isFullPath(path string) bool {
	path = cleanPath(path)
	if share, ok := strings.CutPrefix(path, `\\`); ok {
		return strings.Contains(share, `\`)
	}
	return len(path) > 3 && path[1:3] == `:\` && ('A' <= path[0] && path[0] <= 'Z' || 'a' <= path[0] && path[0] <= 'z')
}

// isSystem reports whether a rule's program is the kernel.
func isSystem(program string) bool { return strings.EqualFold(program, "System") }

func base(path string) string {
	path = cleanPath(path)
	return path[strings.LastIndexByte(path, '\\')+1:]
}

// temporary matches the paths of programs that the go command and Delve build and run immediately:
// in work directories (go run, go test), since Go 1.24 in the build cache under a hash of the
// content (go run, go tool), and beside the source (dlv debug).
const temporary = `(?i)\\go-build\d+\\b\d+\\` +
	`|\\[0-9a-f]{2}\\[0-9a-f]{64}-d\\[^\\]+$` +
	`|\\__debug_bin\d+(\.exe)?$`

// promptID matches the names that the prompt gives its rules' registry values.
const promptID = `(?i)^(TCP|UDP) Query User\{[0-9a-f-]{36}\}`

// matches compiles the pattern on each use, which happens once per check and once per rule of the
// program.
func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }

// isTemporary reports whether the program's path changes with its source or with every run.
func isTemporary(program string) bool {
	return matches(temporary, cleanPath(program))
}

// isFromPrompt reports whether the prompt created r, judging by the name of its registry value or
// by its other characteristics.
func (r Rule) isFromPrompt() bool {
	if r.Store != Local || r.Direction != Inbound || r.Program == "" || r.LocalPorts != nil {
		return false
	}
	deferred := r.values("Defer")
	return matches(promptID, r.ID) || deferred != nil && strings.EqualFold(deferred[0], "User") && r.Name == r.Description
}

// cancelled returns the Block rules, one for TCP and one for UDP, that a cancelled prompt has left
// for the program.
func cancelled(rules []Rule, program string) []Rule {
	var left []Rule
	for _, r := range rules {
		path, _ := expand(r.Program, standardVariable)
		if r.Action == ActionBlock && !r.Disabled && samePath(path, program) && r.isFromPrompt() {
			left = append(left, r)
		}
	}
	return left
}
