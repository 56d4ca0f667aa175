package pathx

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// absolute takes the path of a flag or variable against the start directory. If that is unknown,
// the path stays relative; the system may open it nevertheless.
func absolute(path string) string {
	path, _ = fullPath(path, startDir)
	return path
}

// workingPath takes a path that the program itself chose against the working directory.
func workingPath(path string) (string, error) { return fullPath(path, os.Getwd) }

// fullPath takes a path against the directory that base returns, and cleans it. If base fails, the
// path is what it was. Outside Windows, link/.. is the directory that the link's target lies in, so
// that .. stays.
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

// start is the directory that relative flags and variables are taken against, once one of them has
// been.
var start struct {
	sync.Mutex
	dir string
}

// startDir is asked when it is needed, and not at import: a program may have to change its
// directory first, and most need none. If it is gone, it is asked for again.
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

// containing returns the directory that a path of fullPath names something in.
func containing(path string) string {
	if runtime.GOOS == "windows" || !strings.Contains(path, "..") {
		return filepath.Dir(path)
	}
	path = strings.TrimRight(path, "/")
	return path[:strings.LastIndexByte(path, '/')+1]
}
