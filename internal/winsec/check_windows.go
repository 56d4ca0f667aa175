package winsec

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// Identification belongs to the flags of every CreateFile of a path that others have named. If the
// path turns out to be a pipe, its server can see who calls, but not act with this process's
// rights (Microsoft, "Impersonation Levels").
const Identification = windows.SECURITY_SQOS_PRESENT | windows.SECURITY_IDENTIFICATION

// open opens an object to look at it, even if other processes have it open.
func open(path string, flags uint32) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	h, err := windows.CreateFile(name, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|Identification|flags, 0)
	if err != nil {
		return 0, &os.PathError{Op: "check", Path: shortPath(path), Err: err}
	}
	return h, nil
}

// CheckHandle returns a [*trust.Finding] if others could use the open object against a, whatever
// the way to it is.
func (a Account) CheckHandle(h windows.Handle, path string, use Use) error {
	d, err := descriptorOf(h)
	if err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	return a.Check(path, d, use)
}

// CheckWay returns a [*trust.Finding] if others could exchange a directory or link on the way to
// the open object, and a [trust.ErrExchanged] if the path leads elsewhere by now.
func (a Account) CheckWay(h windows.Handle, path string) error {
	w, err := a.walk(path, look)
	if err != nil {
		return err
	}
	// The path that the system knows differs for a drive that stands for a directory (subst), short
	// names and links of unknown kinds. What a container mounts from its host may have none.
	final, err := FinalPath(h)
	if err == nil && !strings.EqualFold(final, w.end) {
		if _, err := a.walk(final, look); err != nil {
			return err
		}
	}
	if w.opaque && err != nil { // as text: the file is there, whatever the system says of its path
		return fmt.Errorf("where the links on the way to %s lead to is unknown: %v", path, err)
	}
	var is, open windows.ByHandleFileInformation
	end, err := openInfo(w.end, 0, &is)
	if err != nil {
		return gone(path, err)
	}
	windows.CloseHandle(end)
	if err := windows.GetFileInformationByHandle(h, &open); err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	if is.VolumeSerialNumber != open.VolumeSerialNumber || is.FileIndexHigh != open.FileIndexHigh || is.FileIndexLow != open.FileIndexLow {
		return exchanged(path)
	}
	return nil
}

// CheckObject is CheckHandle for the file or directory at a path, whatever the way to it is.
func (a Account) CheckObject(path string, use Use) error {
	h, err := open(path, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	return a.CheckHandle(h, path, use)
}

// CheckFile is CheckHandle and CheckWay for a file or directory at an absolute path.
func (a Account) CheckFile(path string, use Use) error {
	h, err := open(path, 0)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	if err := a.CheckHandle(h, path, use); err != nil {
		return err
	}
	return a.CheckWay(h, path)
}

// look asks the system for a node of a walk.
func look(path string) (n node, err error) {
	var info windows.ByHandleFileInformation
	h, err := openInfo(path, windows.FILE_FLAG_OPEN_REPARSE_POINT, &info)
	if err != nil {
		return n, err
	}
	defer windows.CloseHandle(h)
	if n.Descriptor, err = descriptorOf(h); err != nil {
		return n, &os.PathError{Op: "check", Path: shortPath(path), Err: err}
	}
	n.dir = info.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0
	if info.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		buf := make([]byte, windows.MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
		var size uint32
		if err := windows.DeviceIoControl(h, windows.FSCTL_GET_REPARSE_POINT, nil, 0, &buf[0], uint32(len(buf)), &size, nil); err != nil {
			return n, &os.PathError{Op: "read link", Path: shortPath(path), Err: err}
		}
		n.link, n.target = parseReparse(buf[:size])
	}
	return n, nil
}

func openInfo(path string, flags uint32, info *windows.ByHandleFileInformation) (windows.Handle, error) {
	h, err := open(path, flags)
	if err != nil {
		return 0, err
	}
	if err := windows.GetFileInformationByHandle(h, info); err != nil {
		windows.CloseHandle(h)
		return 0, &os.PathError{Op: "check", Path: shortPath(path), Err: err}
	}
	return h, nil
}

func descriptorOf(h windows.Handle) (Descriptor, error) {
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return Descriptor{}, os.NewSyscallError("GetSecurityInfo", err)
	}
	d, err := Parse(unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
	runtime.KeepAlive(sd)
	return d, err
}

// FinalPath returns the path of an open file without links and junctions, in the \\?\ form.
func FinalPath(h windows.Handle) (string, error) {
	buf := make([]uint16, windows.MAX_PATH)
	for {
		n, err := windows.GetFinalPathNameByHandle(h, &buf[0], uint32(len(buf)), 0)
		if err != nil {
			return "", os.NewSyscallError("GetFinalPathNameByHandle", err)
		}
		if n < uint32(len(buf)) {
			return windows.UTF16ToString(buf[:n]), nil
		}
		buf = make([]uint16, n)
	}
}

// ErrNotDir is returned by IsDir for a file, a link or a junction.
var ErrNotDir = errors.New("it is a file or a link")

// IsDir returns nil for a directory that is one itself: what a link leads to may change.
func IsDir(path string) error {
	info, err := os.Lstat(path)
	if err == nil && !info.IsDir() {
		err = ErrNotDir
	}
	return err
}

// MakeDir makes a directory with that descriptor. The error is the bare number.
func MakeDir(path, sddl string) error {
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	sa := windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: sd}
	return windows.CreateDirectory(name, &sa)
}

// DescriptorOf returns the descriptor of the file or directory at path.
func DescriptorOf(path string) (Descriptor, error) {
	h, err := open(path, 0)
	if err != nil {
		return Descriptor{}, err
	}
	defer windows.CloseHandle(h)
	return descriptorOf(h)
}

// Protect gives the object at path the access list of the descriptor, and nothing from above.
func Protect(path, sddl string) error {
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
}
