package winsvc

import "strings"

// isOurs reports whether a registered command line runs exe. Windows' own rules hold: an unquoted
// path may have blanks, variables are replaced, and case does not count.
func isOurs(line, exe string, getenv func(string) string) bool {
	line = plainPath(expand(strings.TrimSpace(line), getenv), getenv)
	exe = plainPath(exe, getenv)
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		program, _, closed := strings.Cut(rest, `"`)
		return closed && strings.EqualFold(plainPath(program, getenv), exe)
	}
	// CreateProcess tries each prefix that ends before a blank, the shortest first; any of them may
	// be the program.
	if len(line) < len(exe) || !strings.EqualFold(line[:len(exe)], exe) {
		return false
	}
	rest := line[len(exe):]
	return rest == "" || rest[0] == ' ' || rest[0] == '\t'
}

// programOf returns the program of a command line that Install has registered, which begins with a
// quote.
func programOf(line string, getenv func(string) string) string {
	line = expand(strings.TrimSpace(line), getenv)
	program, _, _ := strings.Cut(strings.TrimPrefix(line, `"`), `"`)
	return plainPath(program, getenv)
}

// plainPath removes what the names of one file may begin with.
func plainPath(path string, getenv func(string) string) string {
	path = strings.ReplaceAll(path, "/", `\`)
	for _, prefix := range [...]string{`\??\`, `\\?\`} {
		path = strings.TrimPrefix(path, prefix)
	}
	if len(path) > 12 && strings.EqualFold(path[:12], `\SystemRoot\`) {
		path = getenv("SystemRoot") + path[11:]
	}
	return path
}

// expand replaces each %name% that is set, as the SCM does.
func expand(text string, getenv func(string) string) string {
	done := ""
	for {
		before, rest, ok := strings.Cut(text, "%")
		done += before
		if !ok {
			return done
		}
		text = rest
		name, after, ok := strings.Cut(rest, "%")
		value := ""
		if ok && name != "" {
			value = getenv(name)
		}
		if value != "" {
			text = after
		} else {
			value = "%"
		}
		done += value
	}
}
