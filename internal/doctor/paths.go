package doctor

import (
	"path"
	"strings"
)

// The functions here follow the rules of the system that they are given, and look at no disk: a
// path of Windows' is judged on every system.

func samePath(goos, a, b string) bool { return cleanPath(goos, a) == cleanPath(goos, b) }

// inside reports whether p lies in dir or below.
func inside(goos, p, dir string) bool {
	p, dir = cleanPath(goos, p), cleanPath(goos, dir)
	return p == dir || strings.HasPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

func cleanPath(goos, p string) string {
	if goos == "windows" {
		p = strings.ToLower(strings.ReplaceAll(p, `\`, "/"))
	}
	return path.Clean(p)
}

func isAbs(goos, p string) bool {
	if goos != "windows" {
		return strings.HasPrefix(p, "/")
	}
	return len(p) > 2 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') || strings.HasPrefix(p, `\\`)
}

func splitList(goos, s string) []string {
	if goos == "windows" {
		return strings.Split(s, ";")
	}
	return strings.Split(s, ":")
}

// joinPath puts a name below a directory.
func joinPath(goos, dir, name string) string {
	if goos == "windows" {
		return strings.TrimRight(dir, `\/`) + `\` + name
	}
	return path.Join(dir, name)
}
