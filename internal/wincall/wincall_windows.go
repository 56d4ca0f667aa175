package wincall

import (
	"errors"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// A dll is loaded from System32 at first use.
type dll struct {
	name   string
	handle atomic.Uintptr
}

// A proc is a function of a DLL. It is looked up at first use. Procs are initialized by the linker,
// which omits those that a program does not call.
type proc struct {
	dll  *dll
	name string
	addr atomic.Uintptr
}

var (
	advapi32 = dll{name: "advapi32.dll"}
	kernel32 = dll{name: "kernel32.dll"}
	ntdll    = dll{name: "ntdll.dll"}

	procLoadLibraryEx = proc{dll: &kernel32, name: "LoadLibraryExW"}
)

func (d *dll) load() (handle uintptr, err error) {
	if handle = d.handle.Load(); handle != 0 {
		return handle, nil
	}
	if d == &kernel32 { // already loaded in every process, so no directory is searched
		loaded, err := syscall.LoadDLL(d.name)
		if err != nil {
			return 0, errors.Unwrap(err)
		}
		d.handle.Store(uintptr(loaded.Handle))
		return uintptr(loaded.Handle), nil
	}
	const searchSystem32 = 0x800 // LOAD_LIBRARY_SEARCH_SYSTEM32
	name, err := syscall.UTF16PtrFromString(d.name)
	if err != nil {
		return 0, err
	}
	handle, err = procLoadLibraryEx.value(uintptr(unsafe.Pointer(name)), 0, searchSystem32)
	d.handle.Store(handle)
	return handle, err
}

func (p *proc) find() (addr uintptr, err error) {
	if addr = p.addr.Load(); addr != 0 {
		return addr, nil
	}
	handle, err := p.dll.load()
	if err != nil {
		return 0, err
	}
	found, err := (&syscall.DLL{Handle: syscall.Handle(handle)}).FindProc(p.name)
	if err != nil {
		return 0, errors.Unwrap(err) // the error number
	}
	p.addr.Store(found.Addr())
	return found.Addr(), nil
}

// call returns the function's result and the error number from GetLastError. If the function can't
// be found, errno is the reason.
//
//go:uintptrescapes
func (p *proc) call(args ...uintptr) (r uintptr, errno syscall.Errno) {
	addr, err := p.find()
	if err != nil {
		errno, _ = err.(syscall.Errno)
		return 0, errno
	}
	r, _, errno = syscall.SyscallN(addr, args...)
	return r, errno
}

// value calls a function that returns 0 on failure.
//
//go:uintptrescapes
func (p *proc) value(args ...uintptr) (uintptr, error) {
	r, errno := p.call(args...)
	return r, failed(r != 0, errno)
}

// ok calls a function that returns a BOOL.
//
//go:uintptrescapes
func (p *proc) ok(args ...uintptr) error {
	r, errno := p.call(args...)
	return failed(int32(r) != 0, errno)
}

func failed(ok bool, errno syscall.Errno) error {
	switch {
	case ok:
		return nil
	case errno == 0:
		return syscall.EINVAL
	}
	return errno
}

// number calls a function that returns an error number.
//
//go:uintptrescapes
func (p *proc) number(args ...uintptr) error {
	addr, err := p.find()
	if err != nil {
		return err
	}
	if r, _, _ := syscall.SyscallN(addr, args...); uint32(r) != 0 {
		return syscall.Errno(uint32(r))
	}
	return nil
}

// ntstatus calls a function that returns an NTSTATUS.
//
//go:uintptrescapes
func (p *proc) ntstatus(args ...uintptr) error {
	err := p.number(args...)
	if status, ok := err.(syscall.Errno); ok {
		return ntstatusToErrno(status)
	}
	return err
}

func ntstatusToErrno(status syscall.Errno) error {
	addr, err := procRtlNtStatusToDosErrorNoTeb.find()
	if err != nil {
		return err
	}
	errno, _, _ := syscall.SyscallN(addr, uintptr(status))
	return syscall.Errno(errno)
}

var procRtlNtStatusToDosErrorNoTeb = proc{dll: &ntdll, name: "RtlNtStatusToDosErrorNoTeb"}

// IsWine reports whether the process runs under Wine.
func IsWine() bool {
	_, err := procWineGetVersion.find()
	return err == nil
}

var procWineGetVersion = proc{dll: &ntdll, name: "wine_get_version"}

// String returns the text at p, or "" if p is nil.
func String(p *uint16) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*uint16)(unsafe.Add(unsafe.Pointer(p), 2*n)) != 0 {
		n++
	}
	return syscall.UTF16ToString(unsafe.Slice(p, n))
}

// Strings returns the texts at p up to the first empty one, or nil if p is nil.
func Strings(p *uint16) (list []string) {
	for {
		s := String(p)
		if s == "" {
			return list
		}
		list = append(list, s)
		for *p != 0 {
			p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
		}
		p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2))
	}
}

// UTF16 converts text to UTF-16 and keeps the first error.
type UTF16 struct{ Err error }

func (u *UTF16) encode(text string) []uint16 {
	units, err := syscall.UTF16FromString(text)
	if err != nil && u.Err == nil {
		u.Err = err
	}
	return units
}

// Ptr returns text with a terminating NUL. Inlined, it would add 500 bytes to the binary.
//
//go:noinline
func (u *UTF16) Ptr(text string) *uint16 { return unsafe.SliceData(u.encode(text)) }

// Optional is like Ptr, but returns nil for "".
func (u *UTF16) Optional(text string) *uint16 {
	if text == "" {
		return nil
	}
	return u.Ptr(text)
}

// List returns a list of NUL-terminated texts with a final NUL.
func (u *UTF16) List(list []string) *uint16 { return &u.units(list)[0] }

func (u *UTF16) units(list []string) (units []uint16) {
	for _, text := range list {
		units = append(units, u.encode(text)...)
	}
	if len(units) == 0 {
		units = append(units, 0) // an empty list has two NULs as well
	}
	return append(units, 0)
}
