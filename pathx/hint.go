package pathx

import (
	"path/filepath"
	"runtime"
)

// pathHint says what is odd about a path that somebody gave and that can't be
// opened; given is the path as it was before it was made absolute.
func pathHint(given, path string, err error) string {
	if hint := driveHint(path); hint != "" {
		return hint
	}
	if isNotExist(err) && !filepath.IsAbs(given) {
		return relativeHint(runtime.GOOS, given)
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

// missingDriveHint is about a drive letter that doesn't exist here; share is what it
// stands for in the user's own sessions, if that is known.
func missingDriveHint(path, share string) string {
	letter := path[:2]
	if share != "" {
		return letter + " is a mapped drive, and services and elevated processes have none; use " + share + path[2:]
	}
	return letter + ` does not exist here; if it is a mapped drive, use its \\server\share path: services and elevated processes have no mapped drives`
}
