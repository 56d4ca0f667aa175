package pathx

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// A process is what this process's token says. It can't change.
type process struct {
	account
	privileged bool
}

func thisProcess() (process, error) {
	self.once.Do(func() { self.process, self.err = readProcess() })
	return self.process, self.err
}

var self struct {
	once    sync.Once
	process process
	err     error
}

func readProcess() (process, error) {
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
		if g.Attributes&windows.SE_GROUP_ENABLED == 0 {
			continue
		}
		switch sid := g.Sid.String(); {
		case sid == sidService:
			p.privileged = true
		case isServiceSID(sid):
			p.services = append(p.services, sid)
		}
	}
	return p, nil
}

func privileged() bool {
	p, _ := thisProcess() // its error comes back from checkTrust
	return p.privileged
}

// checkTrust judges the open file, and then the directories above it.
func checkTrust(file *os.File, _ fs.FileInfo, path string) error {
	p, err := thisProcess()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(file)
	h := windows.Handle(file.Fd())
	if err := p.checkHandle(h, path, changeFile, false); err != nil {
		return err
	}
	return p.checkAbove(h, path)
}

// checkAbove judges the directories above an open file or directory: those of the path
// that was opened, whose links others must not be able to swap, and if there are links,
// those of the path that the handle really has.
func (p process) checkAbove(h windows.Handle, path string) error {
	opened := verbatimPath(path)
	if err := p.checkParents(opened); err != nil {
		return err
	}
	final, err := finalPath(h)
	if err != nil || strings.EqualFold(final, opened) {
		return err
	}
	if err := p.checkEntry(opened); err != nil {
		return err
	}
	return p.checkParents(final)
}

func (p process) checkParents(path string) error {
	for dir := parentDir(path); dir != ""; dir = parentDir(dir) {
		if err := p.checkEntry(dir); err != nil {
			return err
		}
	}
	return nil
}

// checkEntry judges who may exchange what is in a directory, or where a link leads to.
func (p process) checkEntry(path string) error {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	h, err := windows.CreateFile(name, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
		nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return errSwapped(path)
	}
	if err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	defer windows.CloseHandle(h)
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return &os.PathError{Op: "check", Path: path, Err: err}
	}
	rights := changeDir
	if info.FileAttributes&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 {
		rights |= changeFile
	}
	return p.checkHandle(h, shortPath(path), rights, info.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0)
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
