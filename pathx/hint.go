package pathx

import (
	"path/filepath"
	"runtime"
	"strings"
)

// pathHint returns a hint for a path from a flag or variable that can't be opened. given is the
// path before it was made absolute.
func pathHint(given, path string, err error) string {
	if hint := driveHint(path); hint != "" {
		return hint
	}
	if !isNotExist(err) {
		return ""
	}
	if part := unexpanded(given); part != "" {
		return "nothing has expanded " + part + ": flags and variables are taken as they are; write the whole path"
	}
	if !filepath.IsAbs(given) {
		return relativeHint(runtime.GOOS, given)
	}
	return ""
}

// unexpanded returns the part of a path that a shell or Windows would have expanded, or "". The
// part may have been left unexpanded by single quotes, a service manager that expands nothing, or a
// flag such as -config=~/x.
func unexpanded(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, `~\`) {
		return "~"
	}
	for i := range len(path) {
		if path[i] == '%' {
			if _, end := percentName(path, i); end > 0 {
				return path[i:end]
			}
		}
		if strings.HasPrefix(path[i:], "${") {
			if ref, err := braces(path, i); err == nil {
				return path[i:ref.end]
			}
		}
	}
	for _, prefix := range []string{"$HOME", "$XDG_", "$env:"} { // $Recycle.Bin and c$ are names
		if i := strings.Index(path, prefix); i >= 0 {
			word, _, _ := strings.Cut(strings.ReplaceAll(path[i:], `\`, "/"), "/")
			return word
		}
	}
	return ""
}

func relativeHint(goos, given string) string {
	start := "the root directory"
	if goos == "windows" {
		start = `C:\Windows\System32`
	}
	return given + " was taken against the start directory, which for a service is " + start + "; give the whole path"
}

// missingDriveHint returns a hint for a drive letter that doesn't exist here. share is the network
// share that it stands for in the user's own sessions, if known.
func missingDriveHint(path, share string) string {
	letter := path[:2]
	if share != "" {
		return letter + " is a mapped drive, and services and elevated processes have none; use " + share + path[2:]
	}
	return letter + ` does not exist here; if it is a mapped drive, use its \\server\share path: services and elevated processes have no mapped drives`
}
