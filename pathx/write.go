package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"unicode/utf8"
)

// WriteFile writes data to the file of that name, atomically and durably: whoever
// opens it, at any time and after a crash or a loss of power at any moment, reads the
// old content or the new one, whole. When WriteFile has returned nil, it is the new
// one. With several writers at once, also in different processes, the last wins.
//
// The data goes into a temporary file in the same directory, is flushed to the disk,
// and the file is renamed. A new file gets perm, less the umask; one that is replaced
// keeps its permissions (not set-user-ID, which no write keeps), its owner and group as
// far as the account may give files away (another group gets no more rights than others), and on Windows its access control list and
// attributes; extended attributes are lost. Other names (hard links) keep the old
// content. Whoever has the old file open reads on in it, also on Windows if he
// shares it for deletion, as the files of a [Finder] are and those of os.Open aren't;
// WriteFile waits up to half a second for such a reader, or a virus scanner, to close
// it (errors 5, 32 and 33; see golang.org/issue/32188).
//
// A link at name is replaced, never followed, so that nothing outside the directory
// is written to. A directory, device, pipe or socket at name is an [ErrNotRegular].
//
// If the process dies on the way, its temporary file ("."+name+".pathx-…") stays; the
// next WriteFile of this name removes it. It tells it from those of other writers by
// their lock, which the system takes back when a process ends. Where the system or the
// file system has no such locks, the file stays.
//
// On Windows the file system should have POSIX renames, as NTFS has since Windows 10
// 1709. On another, such as FAT or an old server's share, a file that somebody has open
// is replaced by ReplaceFile, during which there may be no file of that name for a
// moment.
func WriteFile(name string, data []byte, perm fs.FileMode) error {
	err := checkOpenable(runtime.GOOS, name)
	if err == nil {
		dir, base := filepath.Split(name)
		err = errSwept
		for attempt := 0; attempt < 10 && errors.Is(err, errSwept); attempt++ {
			err = writeFile(dir, base, data, perm.Perm())
		}
	}
	if err != nil {
		return fmt.Errorf("pathx: write %s: %w%s", name, err, remedy(filepath.Dir(name), err))
	}
	return nil
}

func writeFile(dir, base string, data []byte, perm fs.FileMode) (err error) {
	if base == "" || base == "." || base == ".." {
		return errIsDirectory
	}
	if dir, err = fullPath(dir); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	var old *original
	err = waitSharing(func() (err error) {
		old, err = replaced(root, base)
		return err
	})
	if err != nil {
		return err
	}
	prefix := tempPrefix(base)
	sweep(root, prefix)

	f, temp, err := createTemp(root, prefix, perm, old)
	if err != nil {
		return err
	}
	defer func() { // the lock ends with the handle: whoever sees the file unlocked may remove it
		if err != nil {
			root.Remove(temp)
		}
		if e := f.Close(); err == nil && !errors.Is(e, fs.ErrClosed) {
			err = e
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if old != nil {
		if err := inherit(f, old); err != nil {
			return err
		}
	}
	if err := syncFile(f); err != nil {
		return err
	}
	if err := rename(root, f, temp, base, old); err != nil {
		return err
	}
	return syncDir(root)
}

// syncFile is swapped by tests, to have a full or broken disk.
var syncFile = (*os.File).Sync

// replaced returns the file that will be replaced, or nil if there is none: nothing,
// or a link, whose target is no concern of ours.
func replaced(root *os.Root, base string) (*original, error) {
	fi, err := root.Lstat(base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case fi.Mode()&fs.ModeSymlink != 0:
		return nil, nil
	case fi.IsDir():
		return nil, errIsDirectory
	case !fi.Mode().IsRegular():
		return nil, ErrNotRegular
	}
	return originalOf(root, base, fi)
}

// tempPrefix begins the names of base's temporary files, and leaves room for the rest.
func tempPrefix(base string) string {
	const longest = 200
	if len(base) > longest {
		n := longest
		for n > 0 && !utf8.RuneStart(base[n]) {
			n--
		}
		base = base[:n]
	}
	return "." + base + ".pathx-"
}

func tempName(prefix string) string { return fmt.Sprintf("%s%08x", prefix, rand.Uint32()) }

func isTempName(name, prefix string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && len(digits) == 8 && strings.Trim(digits, "0123456789abcdef") == ""
}

// createTemp makes a temporary file and locks it. A sweeper can come in between;
// then the file is gone, or will be, and another one is made.
func createTemp(root *os.Root, prefix string, perm fs.FileMode, old *original) (*os.File, string, error) {
	const attempts = 100
	for range attempts {
		name := tempName(prefix)
		f, err := createFile(root, name, perm, old)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		err = lockFile(f)
		if err == nil {
			if isLinked(root, name, f) {
				return f, name, nil
			}
		} else if !errors.Is(err, errLocked) {
			return f, name, nil // no locks here; nobody sweeps either
		}
		f.Close()
	}
	return nil, "", fmt.Errorf("%d temporary files in a row were removed by others: %w", attempts, fs.ErrExist)
}

func isLinked(root *os.Root, name string, f *os.File) bool {
	there, err1 := root.Lstat(name)
	here, err2 := f.Stat()
	return err1 == nil && err2 == nil && os.SameFile(there, here)
}

// errLocked: another handle has the lock.
var errLocked = errors.New("pathx: locked")

// sweeping is held by the one who sweeps, and shared by those whose temporary file has
// no lock for a moment.
var sweeping sync.RWMutex

// errSwept: somebody has taken the temporary file for left over.
var errSwept = errors.New("pathx: the temporary file was removed")

// sweep removes the temporary files whose writers have died. It is no business of
// this write's if that fails.
func sweep(root *os.Root, prefix string) {
	if !sweeping.TryLock() {
		return // many writers at once: one of them is enough
	}
	defer sweeping.Unlock()
	dir, err := root.Open(".")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if !isTempName(name, prefix) {
			continue
		}
		if fi, err := root.Lstat(name); err != nil || !fi.Mode().IsRegular() {
			continue
		}
		f, err := root.OpenFile(name, sweepFlags, 0)
		if err != nil {
			continue
		}
		if lockFile(f) == nil && isLinked(root, name, f) {
			root.Remove(name)
		}
		f.Close()
	}
}
