package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/trust"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// folderSDDL allows only administrators and the system to write. All accounts can read, including
// LocalService, which runs the event log. Nothing is inherited from %ProgramData%, in which every
// user may create files.
func folderSDDL() string {
	return "O:BA" + winsec.DirSDDL(nil, nil, []string{"AU", winsec.LocalService})
}

// messageDir returns a folder below %ProgramData% according to the registry, since any program may
// set a variable of that name.
func messageDir() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`, registry.QUERY_VALUE)
	if err == nil {
		defer key.Close()
		if dir, _, err := key.GetStringValue("ProgramData"); err == nil {
			if dir, err := registry.ExpandString(dir); err == nil {
				return filepath.Join(dir, "surefoot", "eventx")
			}
		}
	}
	return filepath.Join(filepath.VolumeName(os.Getenv("SystemRoot"))+`\`, "ProgramData", "surefoot", "eventx")
}

// claimDir creates or secures dir, and locks it until unlock is called.
func claimDir(dir string) (unlock func(), err error) {
	err = patiently(func() error {
		if err := secureDir(dir); err != nil {
			return err
		}
		unlock, err = lockDir(dir)
		return err
	}, ErrUntrustedDir)
	return unlock, err
}

// patiently retries try for half a second in total, since a concurrent Uninstall that is removing
// the folder may make it fail. It does not retry the error final.
func patiently(try func() error, final error) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := try()
		if err == nil || errors.Is(err, final) || wait > 256*time.Millisecond {
			return err
		}
		time.Sleep(wait)
	}
}

// secureDir creates or secures dir and its parent.
func secureDir(dir string) error {
	for _, d := range []string{filepath.Dir(dir), dir} {
		err := winsec.MakeDir(d, folderSDDL())
		if errors.Is(err, windows.ERROR_ALREADY_EXISTS) {
			err = secureExisting(d)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d, err)
		}
	}
	return nil
}

// secureExisting checks that no other account could have replaced the contents of dir, before it
// sets the rights of dir. An owner, for example, could already have opened it for writing.
func secureExisting(dir string) error {
	a, err := winsec.Machine()
	if err != nil {
		return err
	}
	switch err := winsec.IsDir(dir); {
	case err == winsec.ErrNotDir:
		return fmt.Errorf("%w: %w", ErrUntrustedDir, err)
	case err != nil:
		return err
	}
	err = a.CheckFile(dir, winsec.ForPassing)
	if f, ok := errors.AsType[*trust.Finding](err); ok {
		return fmt.Errorf("%w: %w: look into it, then delete it", ErrUntrustedDir, f)
	}
	if err != nil {
		return err
	}
	return winsec.Protect(dir, folderSDDL())
}

// placeFile writes content to dir, with a name derived from it.
func placeFile(dir, kind string, content []byte) (path string, wrote bool, err error) {
	path = filepath.Join(dir, MessageFileName(kind, content))
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return path, false, nil
	}
	f, err := os.CreateTemp(dir, tempPrefix+"*.tmp")
	if err != nil {
		return "", false, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", false, err
	}
	return path, true, os.Rename(f.Name(), path)
}

const (
	lockName   = "lock"
	tempPrefix = "new-" // of a file that is being written, under the lock
)

// lockDir locks dir against other Installs and Uninstalls, because one could consider a file unused
// that another is about to register. It fails if there is no such folder.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK, 0, 1, 0, new(windows.Overlapped)); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// removeUnusedFiles removes the message files that no source refers to any more, and files left by
// an Install that was killed. A file that Event Viewer holds open remains until the next time.
func removeUnusedFiles(dir string) {
	used, err := usedFiles()
	if err != nil {
		return
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if IsMessageFileName(e.Name()) && !used[strings.ToLower(path)] || strings.HasPrefix(e.Name(), tempPrefix) {
			os.Remove(path)
		}
	}
}

// removeEmptyDir removes the folders if nothing is left in them.
func removeEmptyDir(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 1 || len(entries) == 1 && entries[0].Name() != lockName {
		return
	}
	os.Remove(filepath.Join(dir, lockName))
	os.Remove(dir)
	os.Remove(filepath.Dir(dir))
}
