package winsvc

import "strings"

// isOurs reports whether a registered command line runs exe, by comparing text. It ignores case,
// and adds a missing extension as CreateProcess does.
func isOurs(line, exe string, getenv func(string) string) bool {
	exe = plainPath(exe, getenv)
	for _, program := range programs(line, getenv) {
		if strings.EqualFold(program, exe) || strings.EqualFold(program+".exe", exe) {
			return true
		}
	}
	return false
}

// programs returns the possible paths of the program in a registered command line. As on Windows,
// variables are expanded, and an unquoted path may contain spaces. In that case each part that ends
// before a space is a candidate; if any of them has the extension .exe, those without it are not.
func programs(line string, getenv func(string) string) (paths []string) {
	line = plainPath(expand(strings.TrimSpace(line), getenv), getenv)
	if rest, ok := strings.CutPrefix(line, `"`); ok {
		if program, _, closed := strings.Cut(rest, `"`); closed {
			paths = append(paths, plainPath(strings.TrimSpace(program), getenv))
		}
		return paths
	}
	found := false
	for i := range len(line) + 1 {
		if i < len(line) && line[i] != ' ' && line[i] != '\t' {
			continue
		}
		is := i > 4 && strings.EqualFold(line[i-4:i], ".exe")
		if is && !found {
			found, paths = true, nil
		}
		if is || !found {
			paths = append(paths, line[:i])
		}
	}
	return paths
}

// programOf returns the most likely program of a command line, judging by its text.
func programOf(line string, getenv func(string) string) string {
	if paths := programs(line, getenv); len(paths) > 0 {
		return paths[0]
	}
	return ""
}

// plainPath removes the prefixes in which paths of the same file may differ.
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

// expand replaces each %name% whose variable is set, as the SCM does.
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
