//go:build !windows

package testenv

import (
	"os"
	"path/filepath"
)

// plainShell has the temporary directory named without links: on macOS, /var is one to
// /private/var, and the system returns the latter.
func plainShell() {
	if dir, err := filepath.EvalSymlinks(os.TempDir()); err == nil {
		os.Setenv("TMPDIR", dir)
	}
}
