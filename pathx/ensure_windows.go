package pathx

import (
	"io/fs"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

func makeDir(dir string, private bool) error {
	if !private && !privileged() {
		return os.Mkdir(dir, 0o755)
	}
	p, err := thisProcess()
	if err != nil {
		return err
	}
	sd, err := windows.SecurityDescriptorFromString(p.dirSDDL(private))
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(extendedPath(dir))
	if err != nil {
		return err
	}
	sa := windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: sd}
	if err := windows.CreateDirectory(name, &sa); err != nil {
		return &os.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// secureDir refuses a directory that others may have put something into, and closes a
// private one to those who can only read it.
func secureDir(f *os.File, fi fs.FileInfo, dir string, private bool) error {
	p, err := thisProcess()
	if err != nil {
		return err
	}
	h := windows.Handle(f.Fd())
	defer runtime.KeepAlive(f)
	if err := p.checkHandle(h, dir, fillDir, true); err != nil {
		return err
	}
	if err := p.checkAbove(h, dir); err != nil {
		return err
	}
	if !private || p.checkHandle(h, dir, readDir, true) == nil {
		return nil
	}
	sd, err := windows.SecurityDescriptorFromString(p.dirSDDL(true))
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		return err
	}
	final, err := finalPath(h)
	if err != nil {
		return err
	}
	err = windows.SetNamedSecurityInfo(final, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
	return os.NewSyscallError("SetNamedSecurityInfo", err)
}
