package winsec

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/wincall"
)

// Identification must be in the flags of every CreateFile of a path chosen by others. If the path
// turns out to be a pipe, its server can identify the caller, but not act with this process's
// rights (Microsoft, "Impersonation Levels").
const Identification = 0x100000 | 0x10000 // SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION

// open opens an object for inspection, even if other processes have it open.
func open(path string, flags uint32) (syscall.Handle, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	const readControl, readAttributes, share = 0x20000, 0x80, 0x7
	h, err := syscall.CreateFile(name, readControl|readAttributes, share,
		nil, syscall.OPEN_EXISTING, syscall.FILE_FLAG_BACKUP_SEMANTICS|Identification|flags, 0)
	if err != nil {
		return 0, &os.PathError{Op: "check", Path: shortPath(path), Err: err}
	}
	return h, nil
}

// CheckHandle returns a [*trust.Finding] if others could use the open object against a, regardless
// of the path to it.
func (a *Account) CheckHandle(h syscall.Handle, path string, use Use) error {
	d, err := descriptorOf(h)
	if err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	return a.Check(path, d, use)
}

// CheckWay returns a [*trust.Finding] if others could replace a directory or link on the path to
// the open object, and a [trust.ErrExchanged] if the path now leads elsewhere.
func (a *Account) CheckWay(h syscall.Handle, path string) error {
	w, err := a.walk(path, look)
	if err != nil {
		return err
	}
	// The path returned by the system differs for drives that are mapped to a directory (subst),
	// short names and links of unknown kinds. Objects that a container mounts from its host may
	// have no path.
	final, err := FinalPath(h)
	if err == nil && !strings.EqualFold(final, w.end) {
		if _, err := a.walk(final, look); err != nil {
			return err
		}
	}
	if w.opaque && err != nil { // as text: the file exists, even if the system can't determine its path
		return fmt.Errorf("where the links on the way to %s lead to is unknown: %v", path, err)
	}
	end, err := open(w.end, 0)
	if err != nil {
		return gone(path, err)
	}
	var is, opened syscall.ByHandleFileInformation
	if err = syscall.GetFileInformationByHandle(end, &is); err == nil {
		err = syscall.GetFileInformationByHandle(h, &opened)
	}
	syscall.CloseHandle(end)
	if err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	if is.VolumeSerialNumber != opened.VolumeSerialNumber || is.FileIndexHigh != opened.FileIndexHigh || is.FileIndexLow != opened.FileIndexLow {
		return exchanged(path)
	}
	return nil
}

// CheckObject is like CheckHandle, for the file or directory at a path. It does not check the path
// to it.
func (a *Account) CheckObject(path string, use Use) error { return a.check(path, use, false) }

// CheckFile combines CheckHandle and CheckWay for a file or directory at an absolute path.
func (a *Account) CheckFile(path string, use Use) error { return a.check(path, use, true) }

func (a *Account) check(path string, use Use, way bool) error {
	h, err := open(path, 0)
	if err != nil {
		return err
	}
	if err = a.CheckHandle(h, path, use); err == nil && way {
		err = a.CheckWay(h, path)
	}
	syscall.CloseHandle(h)
	return err
}

// look reads a node of a walk from the file system.
func look(path string) (n node, err error) {
	h, err := open(path, syscall.FILE_FLAG_OPEN_REPARSE_POINT)
	if err != nil {
		return n, err
	}
	var info syscall.ByHandleFileInformation
	if n.Descriptor, err = descriptorOf(h); err == nil {
		err = syscall.GetFileInformationByHandle(h, &info)
	}
	n.dir = info.FileAttributes&syscall.FILE_ATTRIBUTE_DIRECTORY != 0
	if info.FileAttributes&syscall.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		var data []byte
		if data, err = wincall.ReparseData(h); err == nil {
			n.link, n.target = parseReparse(data)
		}
	}
	syscall.CloseHandle(h)
	if err != nil {
		err = &os.PathError{Op: "check", Path: shortPath(path), Err: err}
	}
	return n, err
}

func descriptorOf(h syscall.Handle) (*Descriptor, error) {
	sd, err := wincall.SecurityOf(h)
	if err != nil {
		return nil, os.NewSyscallError("GetSecurityInfo", err)
	}
	return Parse(sd)
}

// FinalPath returns the path of an open file without links and junctions, in the \\?\ form.
func FinalPath(h syscall.Handle) (string, error) {
	path, err := wincall.FinalPathName(h)
	return path, os.NewSyscallError("GetFinalPathNameByHandle", err)
}

// ErrNotDir is returned by IsDir for a file, a link or a junction.
var ErrNotDir = errors.New("it is a file or a link")

// IsDir returns nil for a directory, but an error for a link to a directory, because its target may
// change.
func IsDir(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = ErrNotDir
	}
	return err
}

// MakeDir creates a directory with the security descriptor sddl. The error is the bare error
// number.
func MakeDir(path, sddl string) error { return wincall.CreateDirectory(path, sddl) }

// DescriptorOf returns the descriptor of the file or directory at path.
func DescriptorOf(path string) (*Descriptor, error) {
	h, err := open(path, 0)
	if err != nil {
		return nil, err
	}
	d, err := descriptorOf(h)
	syscall.CloseHandle(h)
	return d, err
}

// Protect sets the DACL of the object at path to that of the descriptor, without inheritance.
func Protect(path, sddl string) error { return wincall.Protect(path, sddl) }
