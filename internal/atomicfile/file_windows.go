package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// An original is a file that will be replaced.
type original struct {
	dacl       *windows.SECURITY_DESCRIPTOR
	attributes uint32
}

const sweepFlags = os.O_RDONLY

// setsAside: see replaceFile.
const setsAside = true

// kept are the attributes that people and programs set.
const kept = windows.FILE_ATTRIBUTE_READONLY | windows.FILE_ATTRIBUTE_HIDDEN | windows.FILE_ATTRIBUTE_SYSTEM |
	windows.FILE_ATTRIBUTE_ARCHIVE | windows.FILE_ATTRIBUTE_NOT_CONTENT_INDEXED

func originalOf(root *os.Root, base string, fi fs.FileInfo) (*original, error) {
	f, err := root.Open(base)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // deleted since fi
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return nil, os.NewSyscallError("GetSecurityInfo", err)
	}
	old := &original{dacl: sd}
	if data, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		old.attributes = data.FileAttributes & kept
	}
	return old, nil
}

// createFile creates a new file with its access control list set from the start: that of the file
// that it will replace, or a private one if perm has no bits for group and others.
func createFile(root *os.Root, name string, perm fs.FileMode, old *original) (*os.File, error) {
	path := filepath.Join(root.Name(), name)
	p, err := windows.UTF16PtrFromString(winpath.Extended(path))
	if err != nil {
		return nil, err
	}
	sa := windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{}))}
	attributes := uint32(windows.FILE_ATTRIBUTE_NORMAL)
	access := uint32(windows.GENERIC_WRITE)
	if old != nil {
		sa.SecurityDescriptor = old.dacl
		access |= windows.READ_CONTROL | windows.WRITE_DAC // for inherit
		if old.attributes != 0 {
			attributes = old.attributes
		}
	} else {
		if perm&0o077 == 0 {
			if sa.SecurityDescriptor, err = private(); err != nil {
				return nil, err
			}
		}
		if perm&0o200 == 0 {
			attributes = windows.FILE_ATTRIBUTE_READONLY // as os.WriteFile does
		}
	}
	create := func(access uint32) (windows.Handle, error) {
		return createHandle(p, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, &sa,
			windows.CREATE_NEW, attributes|windows.FILE_FLAG_WRITE_THROUGH|winsec.Identification, 0)
	}
	h, err := create(access)
	if err == windows.ERROR_ACCESS_DENIED && old != nil { // a share may grant all but WRITE_DAC
		h, err = create(windows.GENERIC_WRITE)
	}
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// createHandle and replaceFileW are swapped by tests to simulate a share that grants everything but
// WRITE_DAC, and a file system on which ReplaceFile fails half-way.
var (
	createHandle = windows.CreateFile
	replaceFileW = winapi.ReplaceFile
)

// private returns the descriptor of a file for its owner, SYSTEM and the Administrators.
func private() (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, os.NewSyscallError("GetTokenInformation", err)
	}
	return windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + user.User.Sid.String() + ")(A;;FA;;;SY)(A;;FA;;;BA)")
}

// inherit sets the list again, because only SetSecurityInfo distinguishes inherited and explicit
// entries. A handle without that right already has the list, with all entries as explicit ones.
func inherit(f *os.File, old *original) error {
	control, _, err := old.dacl.Control()
	if err != nil {
		return os.NewSyscallError("GetSecurityDescriptorControl", err)
	}
	dacl, _, err := old.dacl.DACL()
	if err != nil {
		return os.NewSyscallError("GetSecurityDescriptorDacl", err)
	}
	info := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION | windows.UNPROTECTED_DACL_SECURITY_INFORMATION)
	if control&windows.SE_DACL_PROTECTED != 0 {
		info = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
	}
	err = windows.SetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, info, nil, nil, dacl, nil)
	runtime.KeepAlive(f)
	if err == windows.ERROR_ACCESS_DENIED {
		return nil
	}
	return os.NewSyscallError("SetSecurityInfo", err)
}

// setMode does nothing: createFile has already set the mode.
func setMode(*os.File, fs.FileMode) error { return nil }

// rename puts f, whose name is from, into the place of the file to. An os.Root renames with POSIX
// semantics: processes that have the old file open keep it, if they share it for deletion. A file
// system without such renames returns "access denied". ReplaceFile works there, but is not atomic
// on every file system, so rename only tries it after the rename has failed for a while. It
// requires f to be closed, so another process may mistake f for a leftover: that is errSwept.
func rename(root *os.Root, f *os.File, from, to string, old *original) (err error) {
	const patience = 5 * time.Millisecond
	queue := queueOf(filepath.Join(root.Name(), to))
	queue.Lock()
	defer queue.Unlock()
	closed, writable := false, false
	defer func() {
		if err != nil && writable {
			root.Chmod(to, 0o400) // it stays, as it was
		}
	}()
	start := time.Now()
	return waitSharing(func() error {
		err := root.Rename(from, to)
		switch {
		case closed && errors.Is(err, fs.ErrNotExist):
			return errSwept
		case err == nil || !errors.Is(err, windows.ERROR_ACCESS_DENIED):
			return err
		case old != nil && old.attributes&windows.FILE_ATTRIBUTE_READONLY != 0:
			writable = root.Chmod(to, 0o600) == nil || writable // else it can't be replaced; f has the attribute
		}
		if time.Since(start) < patience {
			return err
		}
		if !closed {
			closed = true
			if err := f.Close(); err != nil {
				return err
			}
		}
		if e := replaceFile(root, from, to); !errors.Is(e, fs.ErrNotExist) {
			return e
		}
		return err // another process has just deleted it: once more
	})
}

// waitSharing waits for processes that have the file open without sharing it or are deleting it.
func waitSharing(f func() error) error {
	return winapi.RetrySharing(f, windows.ERROR_ACCESS_DENIED, windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION)
}

// replaceFile moves the old file aside, as ReplaceFile does anyway, to a name that the next sweep
// recognizes. If it fails half-way, the old file is restored, unless another process has created a
// file of that name by then.
func replaceFile(root *os.Root, from, to string) error {
	aside := freeAside(root, to)
	var names [3]*uint16
	for i, name := range []string{to, from, aside} {
		var err error
		if names[i], err = windows.UTF16PtrFromString(winpath.Extended(filepath.Join(root.Name(), name))); err != nil {
			return err
		}
	}
	const ignoreMergeErrors = 2 // REPLACEFILE_IGNORE_MERGE_ERRORS: inherit has done it
	err := replaceFileW(names[0], names[1], names[2], ignoreMergeErrors, 0, 0)
	if err == nil {
		root.Remove(aside)
		return nil
	}
	if _, e := root.Lstat(to); errors.Is(e, fs.ErrNotExist) {
		root.Rename(aside, to) // ERROR_UNABLE_TO_MOVE_REPLACEMENT_2
	} else if e == nil {
		root.Remove(aside)
	}
	return os.NewSyscallError("ReplaceFile", err)
}

// freeAside returns a name to set the old file aside under. A name that was used a moment ago can
// be in use still, by a process that reads what it deletes.
func freeAside(root *os.Root, to string) string {
	temps := tempsOf(root, to)
	for n := range slots {
		if _, err := root.Lstat(temps.aside(n)); errors.Is(err, fs.ErrNotExist) {
			return temps.aside(n)
		}
	}
	return temps.aside(slots)
}

// syncRename flushes the file once more: Go renames with a handle of its own, which does not write
// through. A file that ReplaceFile has renamed is closed, and Windows' own delay remains.
func syncRename(_ *os.Root, f *os.File) error {
	if err := SyncFile(f); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}
