package upgrade

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// start starts a program as the manager would start the service, to check it. Using os.StartProcess
// would add 40 kB to every service.
func start(program string, p *spec.Spec, output string) (wait func() error, kill func(), err error) {
	dir := p.Dir
	if dir == "" {
		dir = spec.Dir(program)
	}
	u := wincall.UTF16{}
	name, line, workDir, out := u.Ptr(program), u.Ptr(winsvc.CommandLine(program, p.Args)), u.Ptr(dir), u.Ptr(output)
	env := u.List(environment(p))
	if u.Err != nil {
		return nil, nil, u.Err
	}
	inherit := syscall.SecurityAttributes{InheritHandle: 1}
	inherit.Length = uint32(unsafe.Sizeof(inherit))
	f, err := syscall.CreateFile(out, syscall.GENERIC_WRITE, syscall.FILE_SHARE_READ, &inherit, syscall.CREATE_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, nil, spec.Errorf("open %s: %w", output, err)
	}
	info, child := syscall.StartupInfo{Flags: syscall.STARTF_USESTDHANDLES, StdOutput: f, StdErr: f}, syscall.ProcessInformation{}
	info.Cb = uint32(unsafe.Sizeof(info))
	err = syscall.CreateProcess(name, line, nil, nil, true, syscall.CREATE_UNICODE_ENVIRONMENT, env, workDir, &info, &child)
	syscall.CloseHandle(f)
	if err != nil {
		return nil, nil, spec.Errorf("start %s: %w", program, err)
	}
	syscall.CloseHandle(child.Thread)
	process := child.Process // the closures capture only this
	// A hung program must not outlive the upgrade: the next upgrade could not replace its file.
	job, _ := wincall.JobOf(process)
	var closing sync.Mutex // protects kill from using the handle after it was closed and reused
	wait = func() error {
		code, err := wincall.WaitForExit(process)
		closing.Lock()
		syscall.CloseHandle(process)
		syscall.CloseHandle(job)
		process = 0
		closing.Unlock()
		if err == nil && code != 0 {
			err = spec.Errorf("exit status %d", code)
		}
		return err
	}
	kill = func() {
		closing.Lock()
		wincall.TerminateProcess(process, 1)
		closing.Unlock()
	}
	return wait, kill, nil
}

// Error numbers that package syscall lacks (WinError.h).
const (
	sharingViolation = syscall.Errno(32)
	deletePending    = syscall.Errno(303)
)

// lock creates a file that no other process can open and that is deleted when its handle is closed.
func lock(name string) (unlock func(), err error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const deleteOnClose = 0x4000000 // FILE_FLAG_DELETE_ON_CLOSE
	h, err := syscall.CreateFile(p, syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, deleteOnClose, 0)
	switch err {
	case nil:
		return func() { syscall.CloseHandle(h) }, nil
	case sharingViolation, deletePending:
		return nil, ErrBusy
	}
	return nil, spec.Errorf("open %s: %w", name, err)
}

// link always fails, because a link to a running program can't be removed.
func link(string, string) error { return errors.ErrUnsupported }

// replace renames a file to the program's name, in one step if the system can replace a running
// program. Otherwise it first renames the running program aside. If this process is killed between
// the two renames, Recover restores the program.
func (f *Files) replace(from string) error {
	if renamePOSIX(from, f.exe) == nil || os.Rename(from, f.exe) == nil {
		return nil
	}
	os.Remove(f.aside)
	if err := os.Rename(f.exe, f.aside); err != nil {
		return err
	}
	if err := os.Rename(from, f.exe); err != nil {
		return spec.Join(err, os.Rename(f.aside, f.exe))
	}
	return nil
}

// renamePOSIX renames a file, replacing one that may be open (FileRenameInfoEx, since Windows 10
// 1607).
func renamePOSIX(from, to string) error {
	const class, replaceIfExists, posixSemantics = 22, 0x1, 0x2
	p, err := syscall.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16FromString(to)
	if err != nil {
		return err
	}
	type renameInfo struct { // FILE_RENAME_INFO
		flags  uint32
		root   syscall.Handle
		length uint32
		name   [1]uint16 // variable length
	}
	size := int(unsafe.Sizeof(renameInfo{})) + 2*len(name)
	buf := make([]uint64, size/8+1)
	info := (*renameInfo)(unsafe.Pointer(&buf[0]))
	info.flags, info.length = replaceIfExists|posixSemantics, uint32(2*(len(name)-1))
	copy(unsafe.Slice(&info.name[0], len(name)), name)
	const deleteRight, share = 0x10000, 0x7
	h, err := syscall.CreateFile(p, deleteRight|syscall.SYNCHRONIZE, share, nil, syscall.OPEN_EXISTING, syscall.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return err
	}
	err = wincall.SetFileInformation(h, class, unsafe.Pointer(info), uint32(size))
	syscall.CloseHandle(h)
	return err
}

// environ is like os.Environ.
func environ() []string { return wincall.Environ() }

// own does nothing: files inherit their access list from the directory.
func own(*os.File, string, fs.FileInfo) error { return nil }

// inUse reports whether err may be due to a file being a running program, which can't be removed.
func inUse(err error) bool {
	return errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, sharingViolation)
}
