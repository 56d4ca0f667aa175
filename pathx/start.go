package pathx

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
)

// absolute takes path against the start directory. If that is unknown, the path stays
// relative; the system may open it nevertheless.
func absolute(path string) string {
	if !filepath.IsAbs(path) {
		dir, err := startDir()
		switch {
		case err != nil:
			return path
		case os.IsPathSeparator(path[0]): // Windows: on the current drive
			path = filepath.VolumeName(dir) + path
		default:
			path = dir + string(filepath.Separator) + path
		}
	}
	if runtime.GOOS != "windows" && strings.Contains(path, "..") {
		return path // outside Windows, link/.. isn't nothing, but where the link leads to
	}
	return filepath.Clean(path)
}

// start is the directory that relative flags and variables are taken against, once one
// of them has been.
var start struct {
	sync.Mutex
	dir string
}

// startDir is asked when it is needed, and not at import: a program may have to
// change its directory first, and most need none. If it is gone, it is asked anew.
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

// fullPath takes path against the working directory, and keeps .. outside Windows.
func fullPath(path string) (string, error) {
	if runtime.GOOS == "windows" || !strings.Contains(path, "..") {
		return filepath.Abs(path)
	}
	if filepath.IsAbs(path) {
		return path, nil
	}
	dir, err := os.Getwd()
	return dir + "/" + path, err
}

// containing is the directory that a path of fullPath names something in.
func containing(path string) string {
	if runtime.GOOS == "windows" || !strings.Contains(path, "..") {
		return filepath.Dir(path)
	}
	path = strings.TrimRight(path, "/")
	return path[:strings.LastIndexByte(path, '/')+1]
}
