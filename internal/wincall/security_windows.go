package wincall

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"unsafe"
)

// CurrentToken is a pseudo handle for the token of this process (GetCurrentProcessToken).
const CurrentToken = syscall.Token(^uintptr(3))

// Parts of a security descriptor.
const (
	OWNER_SECURITY_INFORMATION          = 0x1
	DACL_SECURITY_INFORMATION           = 0x4
	PROTECTED_DACL_SECURITY_INFORMATION = 0x80000000
)

const fileObject = 1 // SE_FILE_OBJECT

func free(p unsafe.Pointer) { procLocalFree.call(uintptr(p)) }

// SecurityOf returns the owner and the DACL of an open file or directory as a self-relative
// SECURITY_DESCRIPTOR.
func SecurityOf(h syscall.Handle) ([]byte, error) {
	var sd *byte
	err := procGetSecurityInfo.number(uintptr(h), fileObject, OWNER_SECURITY_INFORMATION|DACL_SECURITY_INFORMATION, 0, 0, 0, 0, uintptr(unsafe.Pointer(&sd)))
	if err != nil {
		return nil, err
	}
	size, err := procGetSecurityDescriptorLength.value(uintptr(unsafe.Pointer(sd)))
	copied := append([]byte(nil), unsafe.Slice(sd, size)...)
	free(unsafe.Pointer(sd))
	return copied, err
}

// ParseSDDL converts text to a self-relative SECURITY_DESCRIPTOR.
func ParseSDDL(text string) (copied []byte, err error) {
	name, err := syscall.UTF16PtrFromString(text)
	if err != nil {
		return nil, err
	}
	const revision = 1 // SDDL_REVISION_1
	var sd *byte
	var size uint32
	if err = procConvertStringSecurityDescriptor.ok(uintptr(unsafe.Pointer(name)), revision, uintptr(unsafe.Pointer(&sd)),
		uintptr(unsafe.Pointer(&size))); err != nil {
		return nil, err
	}
	copied = append(copied, unsafe.Slice(sd, size)...)
	free(unsafe.Pointer(sd))
	return copied, nil
}

// OwnerOf returns the SID of the owner of the file or directory at path.
func OwnerOf(path string) (string, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return "", err
	}
	var sd [(20 + longestSID) / 4]uint32 // a self-relative SECURITY_DESCRIPTOR
	var size uint32
	err = procGetFileSecurity.ok(uintptr(unsafe.Pointer(name)), OWNER_SECURITY_INFORMATION, uintptr(unsafe.Pointer(&sd)), unsafe.Sizeof(sd),
		uintptr(unsafe.Pointer(&size)))
	if err != nil {
		return "", err
	}
	return SIDText((*syscall.SID)(unsafe.Pointer(&sd[sd[1]/4])))
}

// The maximum sizes of a SID (SECURITY_MAX_SID_SIZE), and of the name of an account or domain.
const (
	longestSID  = 68
	longestName = 257
)

// LookupSID returns the SID of a local or domain account.
func LookupSID(account string) (*syscall.SID, error) {
	name, err := syscall.UTF16PtrFromString(account)
	if err != nil {
		return nil, err
	}
	var sid [longestSID]byte
	domain := make([]uint16, longestName)
	sidSize, domainSize, kind := uint32(longestSID), uint32(longestName), uint32(0)
	err = procLookupAccountName.ok(0, uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&sid)), uintptr(unsafe.Pointer(&sidSize)),
		uintptr(unsafe.Pointer(&domain[0])), uintptr(unsafe.Pointer(&domainSize)), uintptr(unsafe.Pointer(&kind)))
	return (*syscall.SID)(unsafe.Pointer(&sid)), err
}

// SIDText returns a SID in its text form, S-1-….
func SIDText(sid *syscall.SID) (string, error) {
	var text *uint16
	if err := procConvertSidString.ok(uintptr(unsafe.Pointer(sid)), uintptr(unsafe.Pointer(&text))); err != nil {
		return "", err
	}
	s := String(text)
	free(unsafe.Pointer(text))
	return s, nil
}

// AccountName returns the name of the account with the given SID on this machine, with its domain.
func AccountName(sid string) (string, error) {
	text, err := syscall.UTF16PtrFromString(sid)
	if err != nil {
		return "", err
	}
	var s *syscall.SID
	if err := procConvertStringSid.ok(uintptr(unsafe.Pointer(text)), uintptr(unsafe.Pointer(&s))); err != nil {
		return "", err
	}
	name, domain := make([]uint16, longestName), make([]uint16, longestName)
	nameSize, domainSize, kind := uint32(longestName), uint32(longestName), uint32(0)
	err = procLookupAccountSid.ok(0, uintptr(unsafe.Pointer(s)), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&nameSize)),
		uintptr(unsafe.Pointer(&domain[0])), uintptr(unsafe.Pointer(&domainSize)), uintptr(unsafe.Pointer(&kind)))
	free(unsafe.Pointer(s))
	return syscall.UTF16ToString(domain) + `\` + syscall.UTF16ToString(name), err
}

// CreateDirectory creates a directory with the security descriptor sddl.
func CreateDirectory(path, sddl string) error {
	sd, err := ParseSDDL(sddl)
	if err != nil {
		return err
	}
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return err
	}
	attributes := syscall.SecurityAttributes{SecurityDescriptor: uintptr(unsafe.Pointer(&sd[0]))}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	err = syscall.CreateDirectory(name, &attributes)
	runtime.KeepAlive(sd)
	return err
}

// Protect sets the DACL of the object at path to that of the descriptor, without inheritance.
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

// TokenInfo returns information about this process's token, in an aligned buffer.
func TokenInfo(class uint32) (unsafe.Pointer, error) {
	for size := uint32(64); ; {
		buf := make([]uint64, size/8+1)
		err := procGetTokenInformation.ok(uintptr(CurrentToken), uintptr(class), uintptr(unsafe.Pointer(&buf[0])), uintptr(8*len(buf)),
			uintptr(unsafe.Pointer(&size)))
		if err != syscall.ERROR_INSUFFICIENT_BUFFER {
			return unsafe.Pointer(&buf[0]), err
		}
	}
}

// UserSID returns the SID of this process's user.
func UserSID() (string, error) {
	info, err := TokenInfo(syscall.TokenUser)
	if err != nil {
		return "", err
	}
	return SIDText((*syscall.Tokenuser)(info).User.Sid)
}

// ReparseData returns the REPARSE_DATA_BUFFER of an open link or junction.
func ReparseData(h syscall.Handle) ([]byte, error) {
	buf := make([]byte, syscall.MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
	var size uint32
	err := procDeviceIoControl.ok(uintptr(h), syscall.FSCTL_GET_REPARSE_POINT, 0, 0, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)),
		uintptr(unsafe.Pointer(&size)), 0)
	return buf[:size], err
}

// FinalPathName is GetFinalPathNameByHandle.
func FinalPathName(h syscall.Handle) (string, error) {
	for size := uintptr(syscall.MAX_PATH); ; {
		buf := make([]uint16, size)
		n, err := procGetFinalPathNameByHandle.value(uintptr(h), uintptr(unsafe.Pointer(&buf[0])), size, 0)
		if err != nil || n < size {
			return syscall.UTF16ToString(buf), err
		}
		size = n
	}
}

var (
	procGetSecurityInfo                 = proc{dll: &advapi32, name: "GetSecurityInfo"}
	procGetSecurityDescriptorLength     = proc{dll: &advapi32, name: "GetSecurityDescriptorLength"}
	procGetFileSecurity                 = proc{dll: &advapi32, name: "GetFileSecurityW"}
	procSetNamedSecurityInfo            = proc{dll: &advapi32, name: "SetNamedSecurityInfoW"}
	procLookupAccountName               = proc{dll: &advapi32, name: "LookupAccountNameW"}
	procLookupAccountSid                = proc{dll: &advapi32, name: "LookupAccountSidW"}
	procConvertSidString                = proc{dll: &advapi32, name: "ConvertSidToStringSidW"}
	procLocalFree                       = proc{dll: &kernel32, name: "LocalFree"}
	procGetTokenInformation             = proc{dll: &advapi32, name: "GetTokenInformation"}
	procConvertStringSid                = proc{dll: &advapi32, name: "ConvertStringSidToSidW"}
	procConvertStringSecurityDescriptor = proc{dll: &advapi32, name: "ConvertStringSecurityDescriptorToSecurityDescriptorW"}
	procDeviceIoControl                 = proc{dll: &kernel32, name: "DeviceIoControl"}
	procGetFinalPathNameByHandle        = proc{dll: &kernel32, name: "GetFinalPathNameByHandleW"}
)
