package winsec

import "strings"

// split cuts a clean absolute path into the root of its volume or share, in the \\?\ form and with
// a separator at its end, and what is below the root. For all other paths ok is false, and rest is
// the whole path.
func split(path string) (root, rest string, ok bool) {
	switch {
	case hasPrefix(path, `\\?\`), hasPrefix(path, `\??\`): // the latter in the targets of links
		path = path[len(`\\?\`):]
		if hasPrefix(path, `UNC\`) {
			return splitShare(path[len(`UNC\`):])
		}
		device, rest, _ := strings.Cut(path, `\`)
		return `\\?\` + device + `\`, rest, device != ""
	case hasPrefix(path, `\\`):
		return splitShare(slashes(path[2:]))
	case len(path) >= 3 && path[1] == ':' && (path[2] == '\\' || path[2] == '/'):
		return `\\?\` + path[:2] + `\`, slashes(path[3:]), true
	}
	return "", slashes(path), false
}

func splitShare(path string) (root, rest string, ok bool) {
	server, path, _ := strings.Cut(path, `\`)
	share, rest, _ := strings.Cut(path, `\`)
	return `\\?\UNC\` + server + `\` + share + `\`, rest, server != "" && share != ""
}

func slashes(path string) string { return strings.ReplaceAll(path, "/", `\`) }

// hasPrefix ignores case and the kind of separator, except that the \\?\ forms require backslashes,
// since Windows treats them differently with slashes.
func hasPrefix(path, prefix string) bool {
	if len(path) < len(prefix) {
		return false
	}
	path = path[:len(prefix)]
	if prefix == `\\` {
		path = slashes(path)
	}
	return strings.EqualFold(path, prefix)
}

// isRoot reports whether path is the root of a volume or share.
func isRoot(path string) bool {
	_, rest, ok := split(path)
	return ok && rest == ""
}

// isProfile reports whether path is a user's profile, by its usual place: C:\Users\alice.
func isProfile(path string) bool {
	_, rest, ok := split(path)
	users, user, _ := strings.Cut(rest, `\`)
	return ok && strings.EqualFold(users, "Users") && user != "" && !strings.EqualFold(user, "Public") && !strings.Contains(user, `\`)
}

// shortPath returns a \\?\ path in its usual form, for messages and commands.
func shortPath(path string) string {
	if hasPrefix(path, `\\?\UNC\`) {
		return `\\` + path[len(`\\?\UNC\`):]
	}
	if hasPrefix(path, `\\?\`) && len(path) > len(`\\?\c:`) && path[len(`\\?\c`)] == ':' {
		return path[len(`\\?\`):]
	}
	return path
}

// join appends a name to a directory in the \\?\ form.
func join(dir, name string) string { return strings.TrimSuffix(dir, `\`) + `\` + name }

// parent returns the parent directory of a path in the \\?\ form. The parent of a root is the root.
func parent(path string) string {
	root, rest, _ := split(path)
	i := strings.LastIndexByte(rest, '\\')
	if i < 0 {
		return root
	}
	return root + rest[:i]
}
