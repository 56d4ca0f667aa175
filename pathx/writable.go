package pathx

import (
	"fmt"
	"os"
	"runtime"
)

// Writable says whether this process can keep files in dir. It finds out by doing what
// WriteFile does: it creates a file, writes to it, renames and deletes it. Mode bits
// and access control lists promise less: they know nothing of read-only mounts, full
// disks, quotas, Windows' controlled folder access or SELinux.
//
// The error names the step that failed (create, write, rename, delete) and wraps the
// system's error. A file that stays behind, ".writable.pathx-…", is removed by the next
// call.
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
	dir, err := fullPath(dir)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	prefix := tempPrefix("writable")
	sweep(root, prefix)
	f, name, err := createTemp(root, prefix, 0o600, nil)
	if err != nil {
		return step("create", err)
	}
	defer f.Close() // not before it is deleted: others would take it for left over
	defer func() {
		if err != nil {
			root.Remove(name)
		}
	}()
	if _, err = f.Write([]byte(name)); err == nil {
		err = syncFile(f) // some file systems find out only then that they are full
	}
	if err != nil {
		return step("write", err)
	}
	renamed := tempName(prefix)
	if err = root.Rename(name, renamed); err != nil {
		return step("rename", err)
	}
	name = renamed
	err = root.Remove(name)
	return step("delete", err)
}

func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("can't %s a file: %w", name, err)
}
