package pathx

import (
	"io/fs"
	"os"
	"runtime"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A process is what this process's token says. It can't change.
type process struct {
	account
	privileged bool
}

var thisProcess = sync.OnceValues(func() (process, error) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return process{privileged: true}, err // who can't know must check
	}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return process{privileged: true}, err
	}
	elevated := token.IsElevated()
	p := process{account: account{sid: user.User.Sid.String(), elevated: elevated}, privileged: elevated}
	switch p.sid {
	case sidSystem, sidLocalService, sidNetworkService:
		p.privileged = true
	}
	for _, g := range groups.AllGroups() {
		switch sid := g.Sid.String(); {
		case sid == sidService:
			p.privileged = true
		case isServiceSID(sid):
			p.services = append(p.services, sid)
		}
	}
	return p, nil
})

func privileged() bool {
	p, _ := thisProcess() // its error comes back from checkTrust
	return p.privileged
}

// checkTrust judges the open file, and then every directory above it by the path
// that the handle really has.
func checkTrust(file *os.File, fi fs.FileInfo, path string) error {
	p, err := thisProcess()
	if err != nil {
		return err
	}
	h := windows.Handle(file.Fd())
	err = p.checkHandle(h, path, changeFile, false)
	runtime.KeepAlive(file)
	if err != nil {
		return err
	}
	err = p.checkAbove(h)
	runtime.KeepAlive(file)
	return err
}

// checkAbove judges the directories above an open file or directory.
func (p process) checkAbove(h windows.Handle) error {
	final, err := finalPath(h)
	if err != nil {
		return err
	}
	for dir := parentDir(final); dir != ""; dir = parentDir(dir) {
		if err := p.checkDir(dir, changeDir); err != nil {
			return err
		}
	}
	return nil
}

func (p process) checkDir(dir string, rights accessMask) error {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.READ_CONTROL, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: dir, Err: err}
	}
	defer windows.CloseHandle(h)
	return p.checkHandle(h, shortPath(dir), rights, true)
}

func (p process) checkHandle(h windows.Handle, path string, rights accessMask, isDir bool) error {
	sd, err := windows.GetSecurityInfo(h, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return &os.PathError{Op: "GetSecurityInfo", Path: path, Err: err}
	}
	d, err := parseDescriptor(unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
	runtime.KeepAlive(sd)
	if err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	return p.check(path, d, rights, isDir, accountName)
}

// accountName makes a SID readable, with the name that it has here.
func accountName(sid string) string {
	if name := wellKnown(sid); name != "" {
		return name + " (" + sid + ")"
	}
	if s, err := windows.StringToSid(sid); err == nil {
		if name, domain, _, err := s.LookupAccount(""); err == nil {
			return domain + `\` + name + " (" + sid + ")"
		}
	}
	return sid
}

// finalPath is the path of an open file without links and junctions, in the \\?\ form.
func finalPath(h windows.Handle) (string, error) {
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
