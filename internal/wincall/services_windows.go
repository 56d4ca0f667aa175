package wincall

import (
	"syscall"
	"unsafe"
)

// Access rights for the SCM and for a service.
const (
	SC_MANAGER_CONNECT           = 0x1
	SC_MANAGER_CREATE_SERVICE    = 0x2
	SERVICE_QUERY_CONFIG         = 0x1
	SERVICE_QUERY_STATUS         = 0x4
	SERVICE_ENUMERATE_DEPENDENTS = 0x8
	SERVICE_START                = 0x10
	SERVICE_STOP                 = 0x20
	SERVICE_ALL_ACCESS           = 0xf01ff
	DELETE                       = 0x10000
)

// Types and states of a service.
const (
	SERVICE_WIN32_OWN_PROCESS = 0x10
	SERVICE_NO_CHANGE         = 0xffffffff

	SERVICE_STOPPED       = 1
	SERVICE_START_PENDING = 2
	SERVICE_STOP_PENDING  = 3

	SERVICE_CONTROL_STOP = 1
)

// Error numbers of the SCM (WinError.h).
const (
	ERROR_INVALID_PARAMETER                 = syscall.Errno(87)
	ERROR_INVALID_LEVEL                     = syscall.Errno(124)
	ERROR_SERVICE_DOES_NOT_EXIST            = syscall.Errno(1060)
	ERROR_SERVICE_CANNOT_ACCEPT_CTRL        = syscall.Errno(1061)
	ERROR_SERVICE_NOT_ACTIVE                = syscall.Errno(1062)
	ERROR_FAILED_SERVICE_CONTROLLER_CONNECT = syscall.Errno(1063)
	ERROR_PROCESS_ABORTED                   = syscall.Errno(1067)
	ERROR_SERVICE_MARKED_FOR_DELETE         = syscall.Errno(1072)
)

type SERVICE_STATUS struct {
	ServiceType             uint32
	CurrentState            uint32
	ControlsAccepted        uint32
	Win32ExitCode           uint32
	ServiceSpecificExitCode uint32
	CheckPoint              uint32
	WaitHint                uint32
}

type SERVICE_STATUS_PROCESS struct {
	SERVICE_STATUS
	ProcessId    uint32
	ServiceFlags uint32
}

type SERVICE_TABLE_ENTRY struct {
	ServiceName *uint16
	ServiceProc uintptr
}

type QUERY_SERVICE_CONFIG struct {
	ServiceType      uint32
	StartType        uint32
	ErrorControl     uint32
	BinaryPathName   *uint16
	LoadOrderGroup   *uint16
	TagId            uint32
	Dependencies     *uint16
	ServiceStartName *uint16
	DisplayName      *uint16
}

type SERVICE_FAILURE_ACTIONS struct {
	ResetPeriod  uint32
	RebootMsg    *uint16
	Command      *uint16
	ActionsCount uint32
	Actions      *SC_ACTION
}

type SC_ACTION struct {
	Type  uint32
	Delay uint32
}

type ENUM_SERVICE_STATUS struct {
	ServiceName   *uint16
	DisplayName   *uint16
	ServiceStatus SERVICE_STATUS
}

func OpenSCManager(rights uint32) (syscall.Handle, error) {
	h, err := procOpenSCManager.value(0, 0, uintptr(rights))
	return syscall.Handle(h), err
}

func OpenService(manager syscall.Handle, name *uint16, rights uint32) (syscall.Handle, error) {
	h, err := procOpenService.value(uintptr(manager), uintptr(unsafe.Pointer(name)), uintptr(rights))
	return syscall.Handle(h), err
}

func CloseServiceHandle(h syscall.Handle) error { return procCloseServiceHandle.ok(uintptr(h)) }

func CreateService(manager syscall.Handle, name, display *uint16, rights, kind, start, errorControl uint32, path, dependencies, account, password *uint16) (syscall.Handle, error) {
	h, err := procCreateService.value(uintptr(manager), uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(display)), uintptr(rights),
		uintptr(kind), uintptr(start), uintptr(errorControl), uintptr(unsafe.Pointer(path)), 0, 0,
		uintptr(unsafe.Pointer(dependencies)), uintptr(unsafe.Pointer(account)), uintptr(unsafe.Pointer(password)))
	return syscall.Handle(h), err
}

func ChangeServiceConfig(service syscall.Handle, kind, start, errorControl uint32, path, dependencies, account, password, display *uint16) error {
	return procChangeServiceConfig.ok(uintptr(service), uintptr(kind), uintptr(start), uintptr(errorControl), uintptr(unsafe.Pointer(path)), 0, 0,
		uintptr(unsafe.Pointer(dependencies)), uintptr(unsafe.Pointer(account)), uintptr(unsafe.Pointer(password)), uintptr(unsafe.Pointer(display)))
}

func ChangeServiceConfig2(service syscall.Handle, level uint32, info unsafe.Pointer) error {
	return procChangeServiceConfig2.ok(uintptr(service), uintptr(level), uintptr(info))
}

// largest is eight times the documented maximum size of the results below, in bytes.
const largest = 64 << 10

func QueryServiceConfig(service syscall.Handle) (*QUERY_SERVICE_CONFIG, error) {
	buf, need := make([]uint64, largest/8), uint32(0) // the structures need 8-byte alignment
	err := procQueryServiceConfig.ok(uintptr(service), uintptr(unsafe.Pointer(&buf[0])), largest, uintptr(unsafe.Pointer(&need)))
	return (*QUERY_SERVICE_CONFIG)(unsafe.Pointer(&buf[0])), err
}

// QueryServiceConfig2 returns a zeroed buffer with an error.
func QueryServiceConfig2(service syscall.Handle, level uint32) (unsafe.Pointer, error) {
	buf, need := make([]uint64, largest/8), uint32(0)
	err := procQueryServiceConfig2.ok(uintptr(service), uintptr(level), uintptr(unsafe.Pointer(&buf[0])), largest, uintptr(unsafe.Pointer(&need)))
	return unsafe.Pointer(&buf[0]), err
}

// QueryServiceStatusEx returns a zeroed status with an error.
func QueryServiceStatusEx(service syscall.Handle) (*SERVICE_STATUS_PROCESS, error) {
	var st SERVICE_STATUS_PROCESS
	var need uint32
	err := procQueryServiceStatusEx.ok(uintptr(service), 0, uintptr(unsafe.Pointer(&st)), unsafe.Sizeof(st), uintptr(unsafe.Pointer(&need)))
	return &st, err
}

func StartService(service syscall.Handle) error { return procStartService.ok(uintptr(service), 0, 0) }

func ControlService(service syscall.Handle, control uint32) error {
	var st SERVICE_STATUS
	return procControlService.ok(uintptr(service), uintptr(control), uintptr(unsafe.Pointer(&st)))
}

func DeleteService(service syscall.Handle) error { return procDeleteService.ok(uintptr(service)) }

// EnumDependentServices lists the running dependent services in the order in which they must be
// stopped.
func EnumDependentServices(service syscall.Handle) ([]ENUM_SERVICE_STATUS, error) {
	const active = 1       // SERVICE_ACTIVE
	const most = 256 << 10 // [MS-SCMR] 3.1.4.13
	buf, need, count := make([]uint64, most/8), uint32(0), uint32(0)
	err := procEnumDependentServices.ok(uintptr(service), active, uintptr(unsafe.Pointer(&buf[0])), most,
		uintptr(unsafe.Pointer(&need)), uintptr(unsafe.Pointer(&count)))
	return unsafe.Slice((*ENUM_SERVICE_STATUS)(unsafe.Pointer(&buf[0])), count), err
}

func StartServiceCtrlDispatcher(table *SERVICE_TABLE_ENTRY) error {
	return procStartServiceCtrlDispatcher.ok(uintptr(unsafe.Pointer(table)))
}

func RegisterServiceCtrlHandlerEx(name *uint16, handler uintptr) (syscall.Handle, error) {
	h, err := procRegisterServiceCtrlHandlerEx.value(uintptr(unsafe.Pointer(name)), handler, 0)
	return syscall.Handle(h), err
}

func SetServiceStatus(h syscall.Handle, st *SERVICE_STATUS) error {
	return procSetServiceStatus.ok(uintptr(h), uintptr(unsafe.Pointer(st)))
}

var (
	procOpenSCManager                = proc{dll: &advapi32, name: "OpenSCManagerW"}
	procOpenService                  = proc{dll: &advapi32, name: "OpenServiceW"}
	procCloseServiceHandle           = proc{dll: &advapi32, name: "CloseServiceHandle"}
	procCreateService                = proc{dll: &advapi32, name: "CreateServiceW"}
	procChangeServiceConfig          = proc{dll: &advapi32, name: "ChangeServiceConfigW"}
	procChangeServiceConfig2         = proc{dll: &advapi32, name: "ChangeServiceConfig2W"}
	procQueryServiceConfig           = proc{dll: &advapi32, name: "QueryServiceConfigW"}
	procQueryServiceConfig2          = proc{dll: &advapi32, name: "QueryServiceConfig2W"}
	procQueryServiceStatusEx         = proc{dll: &advapi32, name: "QueryServiceStatusEx"}
	procStartService                 = proc{dll: &advapi32, name: "StartServiceW"}
	procControlService               = proc{dll: &advapi32, name: "ControlService"}
	procDeleteService                = proc{dll: &advapi32, name: "DeleteService"}
	procEnumDependentServices        = proc{dll: &advapi32, name: "EnumDependentServicesW"}
	procStartServiceCtrlDispatcher   = proc{dll: &advapi32, name: "StartServiceCtrlDispatcherW"}
	procRegisterServiceCtrlHandlerEx = proc{dll: &advapi32, name: "RegisterServiceCtrlHandlerExW"}
	procSetServiceStatus             = proc{dll: &advapi32, name: "SetServiceStatus"}
)
