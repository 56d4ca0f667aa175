package spec

import (
	"os"
	"path/filepath"
)

// The functions of path/filepath clean each path, which adds 13 kB to a binary. The paths here are
// already clean.

// Absolute makes a path absolute.
func Absolute(path string) (string, error) { return absolute(path) }

// Within returns the path of a file in dir.
func Within(dir, name string) string { return dir + string(os.PathSeparator) + name }

// Dir returns the directory of an absolute path.
func Dir(path string) string {
	i := len(path)
	for i > 0 && !os.IsPathSeparator(path[i-1]) {
		i--
	}
	if i > len(filepath.VolumeName(path))+1 { // the directory is not the root
		i--
	}
	return path[:i]
}
