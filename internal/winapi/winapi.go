// Package winapi holds the Windows calls that this module needs and
// golang.org/x/sys/windows lacks. zsyscall_windows.go is generated from the
// //sys lines below; each DLL is loaded from System32 only, at first use.
//
// A call that returns BOOL is written [int32(failretval)==0], one that returns
// an error number as (ret error): mkwinsyscall turns 0 into a nil error.
package winapi

//go:generate go run golang.org/x/sys/windows/mkwinsyscall -output zsyscall_windows.go winapi.go

// Console.

//sys	GetOEMCP() (codePage uint32)

// Services (svcx).

//sys	SetConsoleCtrlHandler(handler uintptr, add bool) (err error) [int32(failretval)==0]
//sys	LsaOpenPolicy(system *windows.NTUnicodeString, attributes *LSA_OBJECT_ATTRIBUTES, access uint32, policy *windows.Handle) (ntstatus error) = advapi32.LsaOpenPolicy
//sys	LsaAddAccountRights(policy windows.Handle, sid *windows.SID, rights *windows.NTUnicodeString, count uint32) (ntstatus error) = advapi32.LsaAddAccountRights
//sys	LsaRemoveAccountRights(policy windows.Handle, sid *windows.SID, all bool, rights *windows.NTUnicodeString, count uint32) (ntstatus error) = advapi32.LsaRemoveAccountRights
//sys	LsaEnumerateAccountRights(policy windows.Handle, sid *windows.SID, rights **windows.NTUnicodeString, count *uint32) (ntstatus error) = advapi32.LsaEnumerateAccountRights
//sys	LsaFreeMemory(buffer unsafe.Pointer) (ntstatus error) = advapi32.LsaFreeMemory
//sys	LsaClose(policy windows.Handle) (ntstatus error) = advapi32.LsaClose
