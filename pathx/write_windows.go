package pathx

import (
	"errors"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// An original is a file that will be replaced.
type original struct {
	dacl       *windows.SECURITY_DESCRIPTOR
	attributes uint32
}

const sweepFlags = os.O_RDONLY

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

// createFile makes a new file, with the access control list of the one that it will
// replace from the first moment on. Write-through makes the rename durable.
func createFile(root *os.Root, name string, perm fs.FileMode, old *original) (*os.File, error) {
	path := filepath.Join(root.Name(), name)
	p, err := windows.UTF16PtrFromString(extendedPath(path))
	if err != nil {
		return nil, err
	}
	sa := windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{}))}
	attributes := uint32(windows.FILE_ATTRIBUTE_NORMAL)
	switch {
	case old != nil:
		sa.SecurityDescriptor = old.dacl
		if old.attributes != 0 {
			attributes = old.attributes
		}
	case perm&0o200 == 0:
		attributes = windows.FILE_ATTRIBUTE_READONLY // as os.WriteFile does
	}
	h, err := windows.CreateFile(p, windows.GENERIC_WRITE|windows.READ_CONTROL|windows.WRITE_DAC,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, &sa, windows.CREATE_NEW,
		attributes|windows.FILE_FLAG_WRITE_THROUGH|winsec.Identification, 0)
	if err != nil {
		return nil, &os.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// inherit sets the list once more: only SetSecurityInfo keeps apart what is inherited
// and what is not.
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
	return os.NewSyscallError("SetSecurityInfo", err)
}

// rename puts f, whose name is from, into the place of the file to. An os.Root renames
// with POSIX semantics: those who have the old file open keep it, if they share it for
// deletion. Where a file system has no such renames, that is "access denied", and
// ReplaceFile knows a way. But it isn't atomic on every file system, so it comes only
// when the rename has been refused for a while; and it wants f closed, so that other
// processes may take f for left over: that is errSwept then.
func rename(root *os.Root, f *os.File, from, to string, old *original) (err error) {
	const patience = 5 * time.Millisecond
	queue := queueOf(filepath.Join(root.Name(), to))
	queue.Lock()
	defer queue.Unlock()
	closed, writable := false, false
	defer func() {
		if closed {
			sweeping.RUnlock()
		}
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
			sweeping.RLock()
			closed = true
			if err := f.Close(); err != nil {
				return err
			}
		}
		if e := replaceFile(root, from, to); !errors.Is(e, fs.ErrNotExist) {
			return e
		}
		return err // somebody has just deleted it: once more
	})
}

// waitSharing waits for those who have the file open for themselves or are deleting it.
func waitSharing(f func() error) error {
	return retrySharing(f, windows.ERROR_ACCESS_DENIED, windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION)
}

// queues let the writers of this process that replace the same file wait for each other
// rather than refuse each other.
var queues [64]sync.Mutex

func queueOf(path string) *sync.Mutex {
	h := fnv.New32a()
	io.WriteString(h, strings.ToLower(path))
	return &queues[h.Sum32()%uint32(len(queues))]
}

// replaceFile sets the old file aside, which ReplaceFile wants to do anyway, under a
// name that the next write will know for left over.
func replaceFile(root *os.Root, from, to string) error {
	aside := tempName(tempPrefix(to))
	var names [3]*uint16
	for i, name := range []string{to, from, aside} {
		var err error
		if names[i], err = windows.UTF16PtrFromString(extendedPath(filepath.Join(root.Name(), name))); err != nil {
			return err
		}
	}
	const ignoreMergeErrors = 2 // REPLACEFILE_IGNORE_MERGE_ERRORS: inherit has done it
	err := winapi.ReplaceFile(names[0], names[1], names[2], ignoreMergeErrors, 0, 0)
	if err == nil {
		root.Remove(aside)
		return nil
	}
	if _, e := root.Lstat(to); errors.Is(e, fs.ErrNotExist) {
		root.Rename(aside, to) // it failed half-way: ERROR_UNABLE_TO_MOVE_REPLACEMENT_2
	}
	return os.NewSyscallError("ReplaceFile", err)
}

// syncDir has nothing to do: the handle that was renamed is a write-through one.
func syncDir(*os.Root) error { return nil }

// lockFile locks a byte of f that no file has, until f is closed, without waiting.
func lockFile(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	runtime.KeepAlive(f)
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return errLocked
	}
	return err
}
