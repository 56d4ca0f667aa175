package pathx

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
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

func eachConfigDir(app string, visit func(configDir)) { knownFolders().configDirs(visit) }
func dirsOf(app string) (Dirs, error)                 { return knownFolders().dirs(app) }

// knownFolders reads the folders from the registry, where shell32 has them from.
var knownFolders = sync.OnceValue(func() folders {
	var f folders
	p, err := thisProcess()
	if err != nil {
		f.userErr = err
	}
	f.service = serviceAccount(p.sid)
	const userFolders = `Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders`
	if f.service == "" && err == nil {
		var err1, err2 error
		f.roaming, err1 = readFolder(registry.CURRENT_USER, userFolders, "AppData")
		f.local, err2 = readFolder(registry.CURRENT_USER, userFolders, "Local AppData")
		f.userErr = errors.Join(err1, err2)
	}
	f.programData, f.machineErr = readFolder(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`, "ProgramData")
	return f
})

func readFolder(root registry.Key, key, name string) (string, error) {
	k, err := registry.OpenKey(root, key, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", &os.PathError{Op: "open registry key", Path: key, Err: err}
	}
	defer k.Close()
	value, _, err := k.GetStringValue(name)
	if err == nil {
		value, err = registry.ExpandString(value)
	}
	if err != nil {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: err}
	}
	if kind, _ := lexVolume(value); kind != drive && kind != unc {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: errors.New("not an absolute path: " + value)}
	}
	return strings.TrimRight(value, `\`), nil
}

// sharingWait is how long to wait for a process that has the file open for itself.
const sharingWait = 500 * time.Millisecond

// openFile opens path for reading and shares it in every way, other than os.Open,
// so that it can be replaced. With FILE_FLAG_BACKUP_SEMANTICS a directory opens too,
// and is told from what access is denied to. The error is the bare number.
func openFile(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(extendedPath(path))
	if err != nil {
		return nil, err
	}
	var h windows.Handle
	err = retrySharing(func() error {
		h, err = windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
			nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
		return err
	}, windows.ERROR_SHARING_VIOLATION)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// retrySharing calls f until it succeeds, fails with another error than those, or
// sharingWait is over. The pauses are short and random: there may be many who wait.
func retrySharing(f func() error, passing ...error) error {
	var end time.Time
	for {
		err := f()
		if err == nil || !isOneOf(err, passing) {
			return err
		}
		now := time.Now()
		if end.IsZero() {
			end = now.Add(sharingWait)
		}
		if now.After(end) {
			return err
		}
		time.Sleep(rand.N(8 * time.Millisecond))
	}
}

func isOneOf(err error, set []error) bool {
	for _, e := range set {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
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

// driveHint: does the drive exist here, and if not, is it one of the user's mapped
// drives, which the registry has (HKCU\Network)?
func driveHint(path string) string {
	kind, _ := lexVolume(path)
	if kind != drive {
		return ""
	}
	drives, err := windows.GetLogicalDrives()
	if letter := lower(path[0]); err != nil || !isLetter(letter) || drives&(1<<(letter-'a')) != 0 {
		return ""
	}
	share := ""
	if k, err := registry.OpenKey(registry.CURRENT_USER, `Network\`+path[:1], registry.QUERY_VALUE); err == nil {
		share, _, _ = k.GetStringValue("RemotePath")
		k.Close()
	}
	return missingDriveHint(path, share)
}
