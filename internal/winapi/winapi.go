// Package winapi holds the Windows calls that this module needs and golang.org/x/sys/windows lacks.
// zsyscall_windows.go is generated from the //sys lines below; each DLL is loaded from System32
// only, at first use.
//
// A call that returns BOOL is written [int32(failretval)==0], one that returns an error number as
// (ret error): mkwinsyscall turns 0 into a nil error.
package winapi

//go:generate go run golang.org/x/sys/windows/mkwinsyscall -output zsyscall_windows.go winapi.go

// Console.

//sys	GetOEMCP() (codePage uint32)
//sys	SetConsoleCtrlHandler(handler uintptr, add bool) (err error) [int32(failretval)==0]
//sys	AttachConsole(pid uint32) (err error) [int32(failretval)==0]
//sys	FreeConsole() (err error) [int32(failretval)==0]

// ReadConsole also returns an error when it succeeds without having read anything:
// ERROR_OPERATION_ABORTED then means Ctrl+C or Ctrl+Break.
//sys	ReadConsole(console windows.Handle, buf *uint16, size uint32, read *uint32, control *byte) (err error) [int32(failretval)==0 || *read==0] = kernel32.ReadConsoleW

// Files.

//sys	NtQueryVolumeInformationFile(file windows.Handle, iosb *windows.IO_STATUS_BLOCK, buf *byte, size uint32, class uint32) (ntstatus error) = ntdll.NtQueryVolumeInformationFile
//sys	ReplaceFile(replaced *uint16, replacement *uint16, backup *uint16, flags uint32, exclude uintptr, reserved uintptr) (err error) [int32(failretval)==0] = kernel32.ReplaceFileW

// Sockets and their owners.

//sys	GetExtendedTcpTable(table *byte, size *uint32, order bool, family uint32, class uint32, reserved uint32) (ret error) = iphlpapi.GetExtendedTcpTable
//sys	GetExtendedUdpTable(table *byte, size *uint32, order bool, family uint32, class uint32, reserved uint32) (ret error) = iphlpapi.GetExtendedUdpTable

// Processes and jobs.

//sys	NtResumeProcess(process windows.Handle) (ntstatus error) = ntdll.NtResumeProcess
//sys	IsProcessInJob(process windows.Handle, job windows.Handle, result *int32) (err error) [int32(failretval)==0] = kernel32.IsProcessInJob
//sys	GetProcessMemoryInfo(process windows.Handle, counters *PROCESS_MEMORY_COUNTERS, size uint32) (err error) [int32(failretval)==0] = kernel32.K32GetProcessMemoryInfo

// Debugging.

//sys	IsDebuggerPresent() (present bool)
// The event log (eventx).

//sys	EvtQuery(session windows.Handle, path *uint16, query *uint16, flags uint32) (resultSet windows.Handle, err error) = wevtapi.EvtQuery
//sys	EvtSubscribe(session windows.Handle, signal windows.Handle, path *uint16, query *uint16, bookmark windows.Handle, context uintptr, callback uintptr, flags uint32) (subscription windows.Handle, err error) = wevtapi.EvtSubscribe
//sys	EvtNext(resultSet windows.Handle, size uint32, events *windows.Handle, timeout uint32, flags uint32, returned *uint32) (err error) [int32(failretval)==0] = wevtapi.EvtNext
//sys	EvtRender(context windows.Handle, event windows.Handle, flags uint32, size uint32, buf *uint16, used *uint32, properties *uint32) (err error) [int32(failretval)==0] = wevtapi.EvtRender
//sys	EvtClose(object windows.Handle) (err error) [int32(failretval)==0] = wevtapi.EvtClose
