package wincall

import (
	"syscall"
	"unsafe"
)

// SYSTEM_PROCESS_INFORMATION holds the first fields of the Windows structure.
type SYSTEM_PROCESS_INFORMATION struct {
	NextEntryOffset              uint32
	NumberOfThreads              uint32
	_                            [6]int64
	ImageName                    UNICODE_STRING
	BasePriority                 int32
	UniqueProcessID              uintptr
	InheritedFromUniqueProcessID uintptr
}

// ParentProcess returns the ID of the process that started this one.
func ParentProcess() (pid uintptr, err error) {
	const basicInformation, self = 0, ^uintptr(0) // ProcessBasicInformation, GetCurrentProcess
	var info [6]uintptr                           // PROCESS_BASIC_INFORMATION, whose last word is InheritedFromUniqueProcessId
	err = procNtQueryInformationProcess.ntstatus(self, basicInformation, uintptr(unsafe.Pointer(&info)), unsafe.Sizeof(info), 0)
	return info[5], err
}

// OpenProcess opens a process with the given rights.
func OpenProcess(rights, pid uint32) (syscall.Handle, error) {
	h, err := procOpenProcess.value(uintptr(rights), 0, uintptr(pid))
	return syscall.Handle(h), err
}

// TerminateProcess terminates a process with the given exit code.
func TerminateProcess(process syscall.Handle, code uint32) error {
	return procTerminateProcess.ok(uintptr(process), uintptr(code))
}

// WaitForExit waits for a process to exit and returns its exit code.
func WaitForExit(process syscall.Handle) (code uint32, err error) {
	syscall.WaitForSingleObject(process, syscall.INFINITE)
	err = procGetExitCodeProcess.ok(uintptr(process), uintptr(unsafe.Pointer(&code)))
	return code, err
}

// JobOf assigns a process to a new job and returns the job. The process is terminated when the
// job's handle is closed, including when this process exits.
func JobOf(process syscall.Handle) (job syscall.Handle, err error) {
	h, err := procCreateJobObject.value(0, 0)
	if err != nil {
		return 0, err
	}
	const extendedLimits, killOnClose = 9, 0x2000 // JobObjectExtendedLimitInformation, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	// JOBOBJECT_EXTENDED_LIMIT_INFORMATION, whose LimitFlags are at 16
	info := [18]uint64{2: killOnClose}
	size := 80 + 8*unsafe.Sizeof(h)
	if err = procSetInformationJobObject.ok(h, extendedLimits, uintptr(unsafe.Pointer(&info)), size); err == nil {
		err = procAssignProcessToJobObject.ok(h, uintptr(process))
	}
	return syscall.Handle(h), err
}

// Environ returns the environment variables of this process.
func Environ() []string {
	block, err := procGetEnvironmentStrings.value()
	if err != nil {
		return nil
	}
	list := Strings((*uint16)(*(*unsafe.Pointer)(unsafe.Pointer(&block))))
	procFreeEnvironmentStrings.call(block)
	return list
}

// ImageName returns the path of a process's executable.
func ImageName(process syscall.Handle) (string, error) {
	image := make([]uint16, syscall.MAX_PATH)
	size := uint32(len(image))
	err := procQueryFullProcessImageName.ok(uintptr(process), 0, uintptr(unsafe.Pointer(&image[0])), uintptr(unsafe.Pointer(&size)))
	return syscall.UTF16ToString(image[:size]), err
}

// Processes lists all processes, as SYSTEM_PROCESS_INFORMATION.
func Processes() ([]byte, error) {
	const processInformation, mismatch = 5, 0xC0000004 // SystemProcessInformation, STATUS_INFO_LENGTH_MISMATCH
	for size := uint32(256 << 10); ; {
		buf := make([]byte, size)
		err := procNtQuerySystemInformation.number(processInformation, uintptr(unsafe.Pointer(&buf[0])), uintptr(size), uintptr(unsafe.Pointer(&size)))
		if err != syscall.Errno(mismatch) {
			return buf, err
		}
		size += 16 << 10 // leave room for processes that start in the meantime
	}
}

// SetConsoleCtrlHandler adds a console control handler.
func SetConsoleCtrlHandler(handler uintptr) error { return procSetConsoleCtrlHandler.ok(handler, 1) }

// SetStdHandle sets STD_OUTPUT_HANDLE or STD_ERROR_HANDLE.
func SetStdHandle(which int32, h syscall.Handle) error {
	return procSetStdHandle.ok(uintptr(which), uintptr(h))
}

// IsRemoteDrive reports whether a drive letter is that of a network drive.
func IsRemoteDrive(letter byte) bool {
	const remote = 4 // DRIVE_REMOTE
	root := [...]uint16{uint16(letter), ':', '\\', 0}
	kind, _ := procGetDriveType.value(uintptr(unsafe.Pointer(&root)))
	return kind == remote
}

// SetFileInformation is SetFileInformationByHandle.
func SetFileInformation(h syscall.Handle, class uint32, info unsafe.Pointer, size uint32) error {
	return procSetFileInformationByHandle.ok(uintptr(h), uintptr(class), uintptr(info), uintptr(size))
}

var (
	procNtQueryInformationProcess  = proc{dll: &ntdll, name: "NtQueryInformationProcess"}
	procNtQuerySystemInformation   = proc{dll: &ntdll, name: "NtQuerySystemInformation"}
	procQueryFullProcessImageName  = proc{dll: &kernel32, name: "QueryFullProcessImageNameW"}
	procCreateJobObject            = proc{dll: &kernel32, name: "CreateJobObjectW"}
	procSetInformationJobObject    = proc{dll: &kernel32, name: "SetInformationJobObject"}
	procAssignProcessToJobObject   = proc{dll: &kernel32, name: "AssignProcessToJobObject"}
	procGetEnvironmentStrings      = proc{dll: &kernel32, name: "GetEnvironmentStringsW"}
	procFreeEnvironmentStrings     = proc{dll: &kernel32, name: "FreeEnvironmentStringsW"}
	procOpenProcess                = proc{dll: &kernel32, name: "OpenProcess"}
	procTerminateProcess           = proc{dll: &kernel32, name: "TerminateProcess"}
	procGetExitCodeProcess         = proc{dll: &kernel32, name: "GetExitCodeProcess"}
	procSetConsoleCtrlHandler      = proc{dll: &kernel32, name: "SetConsoleCtrlHandler"}
	procSetStdHandle               = proc{dll: &kernel32, name: "SetStdHandle"}
	procGetDriveType               = proc{dll: &kernel32, name: "GetDriveTypeW"}
	procSetFileInformationByHandle = proc{dll: &kernel32, name: "SetFileInformationByHandle"}
)
