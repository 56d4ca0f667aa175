package wincall

import (
	"encoding/binary"
	"syscall"
	"unsafe"
)

// CurrentToken stands for the token of this process (GetCurrentProcessToken).
const CurrentToken = syscall.Token(^uintptr(3))

// Parts of a security descriptor.
const (
	OWNER_SECURITY_INFORMATION          = 0x1
	DACL_SECURITY_INFORMATION           = 0x4
	PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000
)

const fileObject = 1 // SE_FILE_OBJECT

// take copies a self-relative descriptor that the system has allocated, and frees that.
func take(sd *byte) []byte {
	size, err := procGetSecurityDescriptorLength.value(uintptr(unsafe.Pointer(sd)))
	var copied []byte
	if err == nil {
		copied = append(copied, unsafe.Slice(sd, size)...)
	}
	syscall.LocalFree(syscall.Handle(unsafe.Pointer(sd)))
	return copied
}

// SecurityOf returns the owner and the access list of an open file or directory, as a self-relative
// SECURITY_DESCRIPTOR.
func SecurityOf(h syscall.Handle) ([]byte, error) {
	var sd *byte
	err := procGetSecurityInfo.number(uintptr(h), fileObject, OWNER_SECURITY_INFORMATION|DACL_SECURITY_INFORMATION, 0, 0, 0, 0, uintptr(unsafe.Pointer(&sd)))
	if err != nil {
		return nil, err
	}
	return take(sd), nil
}

// ParseSDDL converts text to a self-relative SECURITY_DESCRIPTOR.
func ParseSDDL(text string) ([]byte, error) {
	u := UTF16{}
	p := u.Ptr(text)
	if u.Err != nil {
		return nil, u.Err
	}
	const revision = 1 // SDDL_REVISION_1
	var sd *byte
	if err := procConvertStringSecurityDescriptor.ok(uintptr(unsafe.Pointer(p)), revision, uintptr(unsafe.Pointer(&sd)), 0); err != nil {
		return nil, err
	}
	return take(sd), nil
}

// OwnerOf returns the SID of the owner of the file or directory at path.
func OwnerOf(path string) (string, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	var sd *byte
	var owner *syscall.SID
	err = procGetNamedSecurityInfo.number(uintptr(unsafe.Pointer(name)), fileObject, OWNER_SECURITY_INFORMATION,
		uintptr(unsafe.Pointer(&owner)), 0, 0, 0, uintptr(unsafe.Pointer(&sd)))
	if err != nil {
		return "", err
	}
	defer syscall.LocalFree(syscall.Handle(unsafe.Pointer(sd)))
	return owner.String()
}

// CreateDirectory makes a directory with that descriptor.
func CreateDirectory(path, sddl string) error {
	sd, err := ParseSDDL(sddl)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	attributes := struct { // SECURITY_ATTRIBUTES
		length  uint32
		sd      *byte
		inherit int32
	}{sd: &sd[0]}
	attributes.length = uint32(unsafe.Sizeof(attributes))
	return procCreateDirectory.ok(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&attributes)))
}

// Protect gives the object at path the access list of the descriptor, and nothing from above.
func Protect(path, sddl string) error {
	sd, err := ParseSDDL(sddl)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	dacl := &sd[binary.LittleEndian.Uint32(sd[16:])]
	return procSetNamedSecurityInfo.number(uintptr(unsafe.Pointer(name)), fileObject, DACL_SECURITY_INFORMATION|PROTECTED_DACL_SECURITY_INFORMATION,
		0, 0, uintptr(unsafe.Pointer(dacl)), 0)
}

// TokenInfo returns what a token says of itself, in a buffer that is aligned.
func TokenInfo(class uint32) (unsafe.Pointer, error) {
	for size := uint32(64); ; {
		buf := make([]uint64, size/8+1)
		err := syscall.GetTokenInformation(CurrentToken, class, (*byte)(unsafe.Pointer(&buf[0])), uint32(8*len(buf)), &size)
		if err != syscall.ERROR_INSUFFICIENT_BUFFER {
			return unsafe.Pointer(&buf[0]), err
		}
	}
}

// FinalPathName is GetFinalPathNameByHandle.
func FinalPathName(h syscall.Handle, buf []uint16) (n uint32, err error) {
	r, err := procGetFinalPathNameByHandle.value(uintptr(h), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0)
	return uint32(r), err
}

var (
	procGetSecurityInfo                 = proc{dll: &advapi32, name: "GetSecurityInfo"}
	procGetNamedSecurityInfo            = proc{dll: &advapi32, name: "GetNamedSecurityInfoW"}
	procSetNamedSecurityInfo            = proc{dll: &advapi32, name: "SetNamedSecurityInfoW"}
	procGetSecurityDescriptorLength     = proc{dll: &advapi32, name: "GetSecurityDescriptorLength"}
	procConvertStringSecurityDescriptor = proc{dll: &advapi32, name: "ConvertStringSecurityDescriptorToSecurityDescriptorW"}
	procCreateDirectory                 = proc{dll: &kernel32, name: "CreateDirectoryW"}
	procGetFinalPathNameByHandle        = proc{dll: &kernel32, name: "GetFinalPathNameByHandleW"}
)
