package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// openFile opens path for reading. Unlike os.Open it shares all access, so that the file can be
// replaced. FILE_FLAG_BACKUP_SEMANTICS allows opening directories, which distinguishes them from
// files to which access is denied. The error is the bare error number.
func openFile(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(winpath.Extended(path))
	if err != nil {
		return nil, err
	}
	var h windows.Handle
	err = winapi.RetrySharing(func() error {
		h, err = windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
			nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|winsec.Identification, 0)
		return err
	}, windows.ERROR_SHARING_VIOLATION)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// dupStdin returns a duplicate handle of the standard input.
func dupStdin() (*os.File, error) {
	var h windows.Handle
	self := windows.CurrentProcess()
	err := windows.DuplicateHandle(self, windows.Handle(os.Stdin.Fd()), self, &h, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return nil, os.NewSyscallError("DuplicateHandle", err)
	}
	return os.NewFile(uintptr(h), "-"), nil
}

// waitForWriter does nothing: paths of pipes are rejected as devices.
func waitForWriter(*os.File) error { return nil }

// isUnreachable reports whether the error is about a file server.
func isUnreachable(err error) bool { return errors.Is(err, windows.ERROR_BAD_NETPATH) }

func eachConfigDir(app string, visit func(configDir)) { knownFolders().configDirs(visit) }

func dirsOf(app string) (Dirs, error) { return knownFolders().dirs(app) }

func machineDirs(app string) (Dirs, error) { return knownFolders().machineDirs(app) }

// knownFolders reads the folders from the registry, as shell32 does.
func knownFolders() folders {
	known.once.Do(func() { known.folders = readFolders() })
	return known.folders
}

var known struct {
	once    sync.Once
	folders folders
}

func readFolders() folders {
	var f folders
	p, err := winsec.Current()
	if err != nil {
		f.userErr = err
	}
	f.service = winsec.ServiceAccount(p.SID)
	const userFolders = `Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders`
	const profiles = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`
	if f.service == "" && err == nil {
		var err1, err2 error
		profile := os.Getenv("USERPROFILE")
		if profile == "" { // a service or task whose environment was cleared
			profile, _ = readFolder(registry.LOCAL_MACHINE, profiles+`\`+p.SID, "ProfileImagePath", "")
		}
		f.roaming, err1 = readFolder(registry.CURRENT_USER, userFolders, "AppData", profile)
		f.local, err2 = readFolder(registry.CURRENT_USER, userFolders, "Local AppData", profile)
		f.userErr = errors.Join(err1, err2)
	}
	f.programData, f.machineErr = readFolder(registry.LOCAL_MACHINE, profiles, "ProgramData", "")
	return f
}

// readFolder returns the folder in a registry value, with %USERPROFILE% replaced by profile.
func readFolder(root registry.Key, key, name, profile string) (string, error) {
	k, err := registry.OpenKey(root, key, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return "", &os.PathError{Op: "open registry key", Path: key, Err: err}
	}
	defer k.Close()
	value, _, err := k.GetStringValue(name)
	if err == nil {
		value, err = registry.ExpandString(withProfile(value, profile))
	}
	if err != nil {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: err}
	}
	if kind, _ := winpath.Volume(value); kind != winpath.Drive && kind != winpath.UNC {
		return "", &os.PathError{Op: "read registry value", Path: key + `\` + name, Err: fmt.Errorf("%w: %s", errNoProfile, value)}
	}
	return strings.TrimRight(value, `\`), nil
}

func makeDir(dir string, private bool) error {
	if !private && !privileged() {
		return os.Mkdir(dir, 0o755)
	}
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	if err := winsec.MakeDir(winpath.Extended(dir), p.PrivateDirSDDL(private)); err != nil {
		return &os.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// secureDir returns an error for a directory that others may have put something into, and closes a
// private one to accounts that can only read it.
func secureDir(f *os.File, _ fs.FileInfo, dir string, private bool) error {
	if err := checkUse(f, dir, winsec.ForContents); err != nil || !private {
		return err
	}
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	if p.CheckHandle(syscall.Handle(f.Fd()), dir, winsec.ForSecrets) == nil {
		runtime.KeepAlive(f)
		return nil
	}
	return protect(f, dir, p.PrivateDirSDDL(true))
}

// protect sets the open directory's access control list from an SDDL descriptor.
func protect(f *os.File, dir, sddl string) error {
	final, err := winsec.FinalPath(syscall.Handle(f.Fd()))
	runtime.KeepAlive(f)
	if err != nil { // in a container; the directories above dir are checked
		final = winpath.Extended(dir)
	}
	return os.NewSyscallError("SetNamedSecurityInfo", winsec.Protect(final, sddl))
}

func ensureDirFor(dir, account string) error {
	sid, err := winsec.AccountSID(account)
	if err != nil {
		return errNoAccount(account, err)
	}
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	sddl := p.DirSDDLFor(sid)
	err = makeAll(dir, func() error {
		if err := winsec.MakeDir(winpath.Extended(dir), sddl); err != nil {
			return &os.PathError{Op: "mkdir", Path: dir, Err: err}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return withDir(dir, func(f *os.File, _ fs.FileInfo) error {
		a := p.Account
		a.Also = append(slices.Clone(a.Also), sid)
		h := syscall.Handle(f.Fd())
		err := a.CheckHandle(h, dir, winsec.ForContents)
		if err == nil {
			err = a.CheckWay(h, dir)
		}
		runtime.KeepAlive(f)
		if err != nil {
			return asUntrusted(err)
		}
		return protect(f, dir, sddl)
	})
}

func privileged() bool {
	p, _ := winsec.Current() // checkTrust returns its error
	return p.Privileged
}

// checkHandle checks the open file alone.
func checkHandle(file *os.File, _ fs.FileInfo, path string) error {
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(file)
	return asUntrusted(p.CheckHandle(syscall.Handle(file.Fd()), path, winsec.ForReading))
}

// checkTrust checks the open file and the directories leading to it.
func checkTrust(file *os.File, _ fs.FileInfo, path string) error {
	return checkUse(file, path, winsec.ForReading)
}

func checkUse(file *os.File, path string, use winsec.Use) error {
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	h := syscall.Handle(file.Fd())
	defer runtime.KeepAlive(file)
	if err = p.CheckHandle(h, path, use); err == nil {
		err = p.CheckWay(h, path)
	}
	return asUntrusted(err)
}

// driveHint returns a hint if path's drive doesn't exist here. The registry (HKCU\Network) lists
// the user's mapped drives.
func driveHint(path string) string {
	kind, _ := winpath.Volume(path)
	if kind != winpath.Drive {
		return ""
	}
	drives, err := windows.GetLogicalDrives()
	if letter := path[0] | 0x20; err != nil || letter < 'a' || letter > 'z' || drives&(1<<(letter-'a')) != 0 {
		return ""
	}
	share := ""
	if k, err := registry.OpenKey(registry.CURRENT_USER, `Network\`+path[:1], registry.QUERY_VALUE); err == nil {
		share, _, _ = k.GetStringValue("RemotePath")
		k.Close()
	}
	return missingDriveHint(path, share)
}

func troubleOf(err error) trouble {
	if call, ok := errors.AsType[*os.SyscallError](err); ok && call.Syscall == "GetFinalPathNameByHandle" {
		return namelessVolume // ERROR_INVALID_FUNCTION, ERROR_PATH_NOT_FOUND
	}
	errno, _ := errors.AsType[windows.Errno](err)
	switch errno {
	case windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_DISK_QUOTA_EXCEEDED:
		return diskFull
	case windows.ERROR_WRITE_PROTECT:
		return readOnlyDisk
	case windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NO_SYSTEM_RESOURCES:
		return noDescriptors
	case windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION:
		return lockedFile
	}
	return noTrouble
}
