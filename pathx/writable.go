package pathx

import (
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// Writable returns an error unless this process can keep files in dir. It does what WriteFile does:
// it creates a file, writes to it, renames it and deletes it. Mode bits and access control lists
// are not enough: they don't reflect read-only mounts, full disks, quotas, Windows' controlled
// folder access or SELinux.
//
// The error names the step that failed (create, write, rename, delete) and wraps the system's
// error. If a file ".writable.pathx-…" is left behind, the next call removes it.
func Writable(dir string) error {
	if err := writable(dir); err != nil {
		return fmt.Errorf("pathx: %s is not writable: %w%s", dir, err, remedy(dir, err))
	}
	return nil
}

func writable(dir string) error {
	if err := checkOpenable(runtime.GOOS, dir); err != nil {
		return err
	}
	dir, err := workingPath(dir)
	if err != nil {
		return err
	}
	return atomicfile.Try(dir)
}
