package pathx

import (
	"errors"
	"io/fs"
	"runtime"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// A trouble is why a file can't be written or read though there is nothing wrong with it.
type trouble uint8

const (
	noTrouble      trouble = iota
	diskFull               // or the quota is used up
	readOnlyDisk           // mounted so, or made so for this process
	noDescriptors          // this process has too many files open
	lockedFile             // another process has it open for itself (Windows)
	mountedFile            // a mount of its own (Linux)
	namelessVolume         // its driver doesn't say what its files are called (Windows)
	notPermitted
)

// remedy is what to do about err in or with that directory, in brackets and with a blank before it;
// "" if the error itself is all that can be said.
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
		return "the volume's driver does not tell the names of its files, as with ImDisk and in some containers' mounts, so that trust can't be judged: " +
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
