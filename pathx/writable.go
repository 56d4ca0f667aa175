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
// system's error. If deleting fails, the file stays; its name begins with
// ".pathx-writable-".
func Writable(dir string) error {
	if err := writable(dir); err != nil {
		return fmt.Errorf("pathx: %s is not writable: %w", dir, err)
	}
	return nil
}

func writable(dir string) error {
	if err := checkOpenable(runtime.GOOS, dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	const prefix = ".pathx-writable-"
	name, renamed := tempName(prefix), tempName(prefix+"renamed-")
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return step("create", err)
	}
	_, err = f.Write([]byte(name))
	if err == nil {
		err = syncFile(f) // some file systems find out only then that they are full
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		root.Remove(name)
		return step("write", err)
	}
	if err := root.Rename(name, renamed); err != nil {
		root.Remove(name)
		return step("rename", err)
	}
	return step("delete", root.Remove(renamed))
}

func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("can't %s a file: %w", name, err)
}
