package pathx

import (
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// Writable reports whether this process can keep files in dir. It finds out by doing what WriteFile
// does: it creates a file, writes to it, renames and deletes it. Mode bits and access control lists
// promise less: they know nothing of read-only mounts, full disks, quotas, Windows' controlled
// folder access or SELinux.
//
// The error names the step that failed (create, write, rename, delete) and wraps the system's
// error. A file that stays behind, ".writable.pathx-…", is removed by the next call.
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
