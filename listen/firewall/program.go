package firewall

import (
	"regexp"
	"strings"
)

// The paths here are Windows' own whatever the system, so path/filepath can't be used.

// expand replaces %NAME% by get's value; unresolved is the first name that has none, and stays in
// the path. A % without a partner is an ordinary character.
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

// standardVariable gives the variables that are the same for all accounts the values of an ordinary
// installation. The firewall's service resolves no others to what a user means: it does so in its
// own account.
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

// machineVariable is standardVariable with this machine's values, as getenv has them; a 32-bit
// program's ProgramFiles is not the service's.
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

// samePath compares as the file system does: without regard to case, / like \, and with or without
// the \\?\ that turns a path's parsing off.
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

// isFullPath reports whether a path names the same file whatever the current drive and directory.
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

// Where the go command and Delve put the programs that they run at once: in work directories (go
// run, go test), since Go 1.24 in the build cache, under a hash of the content (go run, go tool),
// and beside the source (dlv debug).
const temporary = `(?i)\\go-build\d+\\b\d+\\` +
	`|\\[0-9a-f]{2}\\[0-9a-f]{64}-d\\[^\\]+$` +
	`|\\__debug_bin\d+(\.exe)?$`

// promptID is how the prompt names the values of its rules.
const promptID = `(?i)^(TCP|UDP) Query User\{[0-9a-f-]{36}\}`

// matches compiles at each use: once a check, and once for a rule of the program.
func matches(pattern, s string) bool { return regexp.MustCompile(pattern).MatchString(s) }

// isTemporary reports whether the path is another one after the next change to the source, or at
// every run.
func isTemporary(program string) bool {
	return matches(temporary, cleanPath(program))
}

// isFromPrompt reports whether r has been made by the prompt: by the name of its value, or by what
// else is peculiar to it.
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
