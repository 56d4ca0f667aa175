package wincall

import (
	"syscall"
	"unsafe"
)

// A UNICODE_STRING is UTF-16 text with its length in bytes.
type UNICODE_STRING struct {
	Length, MaximumLength uint16
	Buffer                *uint16
}

// NewUnicodeString converts text, which must not contain a NUL.
func NewUnicodeString(text string) (*UNICODE_STRING, error) {
	units, err := syscall.UTF16FromString(text)
	if err != nil {
		return nil, err
	}
	return &UNICODE_STRING{uint16(2*len(units) - 2), uint16(2 * len(units)), &units[0]}, nil
}

func (s *UNICODE_STRING) String() string {
	return syscall.UTF16ToString(unsafe.Slice(s.Buffer, s.Length/2))
}

// LsaOpenPolicy opens the local security policy.
func LsaOpenPolicy(access uint32) (policy syscall.Handle, err error) {
	var attributes [6]uintptr // LSA_OBJECT_ATTRIBUTES; only its Length is set
	attributes[0] = unsafe.Sizeof(attributes)
	err = procLsaOpenPolicy.ntstatus(0, uintptr(unsafe.Pointer(&attributes)), uintptr(access), uintptr(unsafe.Pointer(&policy)))
	return policy, err
}

func LsaClose(policy syscall.Handle) error { return procLsaClose.ntstatus(uintptr(policy)) }

func LsaAddAccountRights(policy syscall.Handle, sid *syscall.SID, right *UNICODE_STRING) error {
	return procLsaAddAccountRights.ntstatus(uintptr(policy), uintptr(unsafe.Pointer(sid)), uintptr(unsafe.Pointer(right)), 1)
}

func LsaRemoveAccountRights(policy syscall.Handle, sid *syscall.SID, right *UNICODE_STRING) error {
	return procLsaRemoveAccountRights.ntstatus(uintptr(policy), uintptr(unsafe.Pointer(sid)), 0, uintptr(unsafe.Pointer(right)), 1)
}

// LsaHasAccountRight reports whether a right is assigned to the account itself.
func LsaHasAccountRight(policy syscall.Handle, sid *syscall.SID, right string) (has bool, err error) {
	var list *UNICODE_STRING
	var count uint32
	err = procLsaEnumerateAccountRights.ntstatus(uintptr(policy), uintptr(unsafe.Pointer(sid)), uintptr(unsafe.Pointer(&list)), uintptr(unsafe.Pointer(&count)))
	if err == syscall.ERROR_FILE_NOT_FOUND { // the account has no rights of its own
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, r := range unsafe.Slice(list, count) {
		has = has || r.String() == right
	}
	procLsaFreeMemory.ntstatus(uintptr(unsafe.Pointer(list)))
	return has, nil
}

var (
	procLsaOpenPolicy             = proc{dll: &advapi32, name: "LsaOpenPolicy"}
	procLsaClose                  = proc{dll: &advapi32, name: "LsaClose"}
	procLsaAddAccountRights       = proc{dll: &advapi32, name: "LsaAddAccountRights"}
	procLsaRemoveAccountRights    = proc{dll: &advapi32, name: "LsaRemoveAccountRights"}
	procLsaEnumerateAccountRights = proc{dll: &advapi32, name: "LsaEnumerateAccountRights"}
	procLsaFreeMemory             = proc{dll: &advapi32, name: "LsaFreeMemory"}
)
