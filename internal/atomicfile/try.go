package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// Try performs the steps of Write in the directory dir: it creates a file, writes to it, renames it
// and deletes it. The error names the step that failed.
func Try(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	temps := tempsOf(root, "writable")
	temps.sweep()
	for slot := range slots {
		temps.reclaim(temps.name(slot) + "r")
	}
	f, err := temps.create(0o600, nil)
	if err != nil {
		return step("create", err)
	}
	name := f.name
	defer release(f.path)
	defer f.Close() // not before it is deleted: another process would take it for left over
	defer func() {
		if err != nil {
			root.Remove(name)
		}
	}()
	if _, err = f.Write([]byte(name)); err == nil {
		err = SyncFile(f.File) // some file systems find out only then that they are full
	}
	if err != nil {
		return step("write", err)
	}
	trying.Lock()
	defer trying.Unlock()
	renamed := name + "r"
	if err = waitSharing(func() error { return root.Rename(name, renamed) }); err != nil {
		return step("rename", err)
	}
	name = renamed
	if err = root.Remove(name); errors.Is(err, fs.ErrNotExist) {
		err = nil // a Try of another process has taken the name that became free, and has come this far
	}
	return step("delete", err)
}

// trying keeps the Try calls of this process from renaming to one name at once.
var trying sync.Mutex

func step(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("can't %s a file: %w", name, err)
}
