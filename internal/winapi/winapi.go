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

// Processes and jobs.

//sys	NtResumeProcess(process windows.Handle) (ntstatus error) = ntdll.NtResumeProcess
//sys	IsProcessInJob(process windows.Handle, job windows.Handle, result *int32) (err error) [int32(failretval)==0] = kernel32.IsProcessInJob

// Debugging.

//sys	IsDebuggerPresent() (present bool)
