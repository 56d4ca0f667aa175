package pathx

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// absolute resolves the path of a flag or variable against the start directory. If that is unknown,
// the path stays relative; the system may still be able to open it.
func absolute(path string) string {
	path, _ = fullPath(path, startDir)
	return path
}

// workingPath resolves a path that the program itself chose against the working directory.
func workingPath(path string) (string, error) { return fullPath(path, os.Getwd) }

// fullPath resolves a path against the directory that base returns, and cleans it. If base fails,
// the path is returned unchanged. Outside Windows, link/.. is the parent directory of the link's
// target, so that .. is kept.
func fullPath(path string, base func() (string, error)) (string, error) {
	if path == "" {
		return "", &nameError{path, "an empty path"}
	}
	if !filepath.IsAbs(path) {
		dir, err := base()
		switch {
		case err != nil:
			return path, err
		case os.IsPathSeparator(path[0]): // Windows: on the current drive
			path = filepath.VolumeName(dir) + path
		default:
			path = dir + string(filepath.Separator) + path
		}
	}
	if runtime.GOOS != "windows" && strings.Contains(path, "..") {
		return path, nil
	}
	return filepath.Clean(path), nil
}

// start is the directory that relative flags and variables are resolved against. It is set when the
// first of them is resolved.
var start struct {
	sync.Mutex
	dir string
}

// startDir gets the working directory when it is first needed, not at import: a program may have to
// change its directory first, and most never need it. If the directory no longer exists, the next
// call tries again.
func startDir() (string, error) {
	start.Lock()
	defer start.Unlock()
	if start.dir != "" {
		if fi, err := os.Stat(start.dir); err == nil && fi.IsDir() {
			return start.dir, nil
		}
	}
	dir, err := os.Getwd()
	if err == nil {
		start.dir = dir
	}
	return dir, err
}

// containing returns the parent directory of a path that fullPath returned.
func containing(path string) string {
	if runtime.GOOS == "windows" || !strings.Contains(path, "..") {
		return filepath.Dir(path)
	}
	path = strings.TrimRight(path, "/")
	return path[:strings.LastIndexByte(path, '/')+1]
}
