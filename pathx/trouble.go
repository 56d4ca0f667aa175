package pathx

import (
	"errors"
	"io/fs"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// A trouble is a reason in the environment, rather than in the file itself, why a file can't be
// written or read.
type trouble uint8

const (
	noTrouble      trouble = iota
	diskFull               // or the quota is used up
	readOnlyDisk           // mounted read-only, or made read-only for this process
	noDescriptors          // this process has too many files open
	lockedFile             // another process has it open without sharing (Windows)
	mountedFile            // a mount of its own (Linux)
	namelessVolume         // its driver doesn't report file names (Windows)
	notPermitted
)

// remedy returns advice on err for a file or directory, in parentheses with a leading space, or ""
// if there is nothing to add to the error.
func remedy(dir string, err error) string {
	t := troubleOf(err)
	if t == noTrouble && errors.Is(err, fs.ErrPermission) {
		t = notPermitted
	}
	if text := t.remedy(runtime.GOOS, dir); text != "" {
		return " (" + text + ")"
	}
	return ""
}

func (t trouble) remedy(goos, dir string) string {
	windows := goos == "windows"
	word := shquote.Quote(dir)
	if windows {
		word = `"` + dir + `"`
	}
	switch t {
	case diskFull:
		if windows {
			return "make room, or have the quota raised: fsutil volume diskfree " + word
		}
		return "make room, for data (df -h " + word + ") or for files (df -i " + word + ")"
	case readOnlyDisk:
		if goos == "linux" {
			return "mount it writable; for a systemd unit with ProtectSystem, that is ReadWritePaths=" + dir
		}
		return "mount it writable"
	case noDescriptors:
		if windows {
			return "this process has too many files open: see which it doesn't close"
		}
		return "this process has too many files open: see which it doesn't close, or raise its limit (ulimit -n, LimitNOFILE= of a systemd unit)"
	case lockedFile:
		return "another program has it open for itself: Resource Monitor (resmon) shows which; close it there"
	case namelessVolume:
		return "the volume's driver does not report the names of its files, as with ImDisk and in some containers' mounts, so trust can't be determined: " +
			"move the file to a volume of NTFS, or let the operator set Finder.Trust to none"
	case mountedFile:
		return "the file is a mount of its own, as by docker run -v FILE:FILE, and can't be replaced: mount its directory instead"
	case notPermitted:
		if windows {
			return "give this process's account the right to write (icacls " + word + "), or close the program that has the file open (resmon shows which)"
		}
		return "give this process's account the right to write: ls -ld " + word
	}
	return ""
}
