//go:build !unix

package spec

import (
	"io/fs"
	"os"
)

// replaceFile is for tests: the service managers with files are those of Unix, and
// internal/atomicfile would link x/sys/windows into every Windows service.
func replaceFile(name string, data []byte, perm fs.FileMode) error {
	return os.WriteFile(name, data, perm)
}
