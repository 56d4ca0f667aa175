package winapi

import "golang.org/x/sys/windows"

// LSA_OBJECT_ATTRIBUTES is what LsaOpenPolicy wants, with nothing but its
// length in it.
type LSA_OBJECT_ATTRIBUTES struct {
	Length                   uint32
	RootDirectory            windows.Handle
	ObjectName               *windows.NTUnicodeString
	Attributes               uint32
	SecurityDescriptor       uintptr
	SecurityQualityOfService uintptr
}
