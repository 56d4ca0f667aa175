package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// WriteFile writes data to the named file, atomically and durably: a reader that opens the file, at
// any time and even after a crash or loss of power, gets either the old or the new content in full.
// Once WriteFile has returned nil, it is the new content. If several goroutines or processes write
// the file at once, the last one wins.
//
// WriteFile writes the data to a temporary file in the same directory, flushes it to disk and
// renames it. A new file gets perm, before umask. On Windows it inherits its access control list;
// if perm has no bits for group and others, the list allows only the owner, SYSTEM and the
// Administrators.
//
// A replaced file keeps its permissions, whatever perm is. On Unix these are its mode (without
// set-user-ID, which no write preserves), on Linux its POSIX access control list, and its owner and
// group as far as the account may change them; on Windows its access control list and attributes.
// No account gains access: if the group or the list can't be kept, the new group gets the rights
// that others have, or that the list granted it. WriteFile does not keep extended attributes, the
// access control lists of macOS, FreeBSD and NFSv4, nor on Windows the owner, alternate data
// streams, compression and encryption: the new file gets those of any file created in its
// directory. Other hard links keep the old content.
//
// A process that has the old file open keeps reading the old content. On Windows this requires
// FILE_SHARE_DELETE, which [Finder.Open] sets and os.Open does not: WriteFile waits up to half a
// second for such a reader, or a virus scanner, to close it (errors 5, 32 and 33; see
// golang.org/issue/32188).
//
// A link at name is replaced, never followed, so that nothing outside the directory is written. The
// error matches [ErrNotRegular] if name is a directory, device, pipe or socket, and [ErrName] if it
// is empty. A file that is itself a mount point, as in some containers, can't be replaced: the
// error is EBUSY.
//
// If the process dies during a write, its temporary file ("."+name+".pathx-…") remains until the
// next WriteFile of this name removes it. WriteFile recognizes abandoned files by their lock, which
// the system releases when a process ends. On file systems without such locks, the file remains.
//
// On Windows the file system should support POSIX renames, as NTFS does since Windows 10 1709. On
// other file systems, such as FAT or an old server's share, WriteFile replaces a file that is open
// elsewhere with ReplaceFile, during which no file of that name may exist for a moment. If the
// process dies then, the new content is in its temporary file and the old content in
// "."+name+".pathx-old…", and both remain until the next WriteFile. Windows has no call that makes
// a rename durable; WriteFile flushes the file again after the rename, which on NTFS also writes
// out the rename.
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
