package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// WriteFile writes data to the file of that name, atomically and durably: a reader that opens it,
// at any time and after a crash or a loss of power at any moment, gets the old content or the new
// one, whole. When WriteFile has returned nil, it is the new one. With several writers at once,
// also in different processes, the last wins.
//
// The data goes into a temporary file in the same directory, is flushed to the disk, and the file
// is renamed. A new file gets perm, less the umask. On Windows it inherits its access control list,
// or, with a perm that has nothing for group and others, gets one for its owner, SYSTEM and the
// Administrators alone.
//
// A file that is replaced keeps its permissions, whatever perm is: on Unix its mode (not
// set-user-ID, which no write keeps), on Linux its POSIX access control list, and its owner and
// group as far as the account may give files away; on Windows its access control list and its
// attributes. No account gets more access than before: where the group or the list can't be kept,
// the group gets what others have, or what the list had for it. Not kept are extended attributes,
// the access control lists of macOS, FreeBSD and NFSv4, and on Windows the owner, alternate data
// streams, compression and encryption: the new file has those of a file that is made in its
// directory. Other names (hard links) keep the old content.
//
// A process that has the old file open keeps reading the old content. On Windows this requires
// FILE_SHARE_DELETE, which [Finder.Open] sets and os.Open does not: WriteFile waits up to half a
// second for such a reader, or a virus scanner, to close it (errors 5, 32 and 33; see
// golang.org/issue/32188).
//
// A link at name is replaced, never followed, so that nothing outside the directory is written to.
// A directory, device, pipe or socket at name is an [ErrNotRegular], an empty name an [ErrName]. A
// file that is a mount of its own, as a container's may be, can't be replaced: EBUSY.
//
// If the process dies on the way, its temporary file ("."+name+".pathx-…") stays; the next
// WriteFile of this name removes it. It tells it from those of other writers by their lock, which
// the system takes back when a process ends. Where the file system has no such locks, the file
// stays.
//
// On Windows the file system should have POSIX renames, as NTFS has since Windows 10 1709. On
// another, such as FAT or an old server's share, a file that is open elsewhere is replaced by
// ReplaceFile, during which there may be no file of that name for a moment; if the process dies
// then, the new content is in its temporary file and the old one in "."+name+".pathx-old…", and
// both stay until the next WriteFile. Windows has no call that makes a rename durable; the file is
// flushed once more after it, which on NTFS writes the rename out too.
func WriteFile(name string, data []byte, perm fs.FileMode) error {
	if err := writeFile(name, data, perm); err != nil {
		return fmt.Errorf("pathx: write %s: %w%s", name, err, remedy(filepath.Dir(name), err))
	}
	return nil
}

func writeFile(name string, data []byte, perm fs.FileMode) error {
	if err := checkOpenable(runtime.GOOS, name); err != nil {
		return err
	}
	dir, base := filepath.Split(name)
	if base == "" || base == "." || base == ".." {
		return errIsDirectory
	}
	if dir == "" {
		dir = "."
	}
	dir, err := workingPath(dir)
	if err != nil {
		return err
	}
	switch err = atomicfile.Write(dir, base, data, perm); {
	case errors.Is(err, atomicfile.ErrDirectory):
		return errIsDirectory
	case errors.Is(err, atomicfile.ErrNotRegular):
		return ErrNotRegular
	}
	return err
}
