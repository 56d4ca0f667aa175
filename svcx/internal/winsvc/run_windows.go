package winsvc

import (
	"context"
	"errors"
	"os"
	"strings"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
	"golang.org/x/sys/windows"
)

// scmManager is the service control manager that started this process.
type scmManager struct {
	handle   windows.Handle
	controls chan supervisor.Control
}

func (m *scmManager) Controls() <-chan supervisor.Control { return m.controls }

func (m *scmManager) Report(s supervisor.Status) error {
	return windows.SetServiceStatus(m.handle, &windows.SERVICE_STATUS{
		ServiceType:             windows.SERVICE_WIN32_OWN_PROCESS,
		CurrentState:            uint32(s.State),
		ControlsAccepted:        s.Accepts,
		Win32ExitCode:           s.ExitCode,
		ServiceSpecificExitCode: s.ServiceCode,
		CheckPoint:              s.CheckPoint,
		WaitHint:                uint32(s.WaitHint.Milliseconds()),
	})
}

// Run connects this thread to the service control manager and runs the service in
// the thread that the manager asks for, until it has stopped. connected is false
// if services.exe has started the process, but not as a service.
func (p *Program) Run(ctx context.Context, c supervisor.Config) (connected bool, err error) {
	name, err := windows.UTF16PtrFromString(p.Name)
	if err != nil {
		return true, err
	}
	m := &scmManager{controls: make(chan supervisor.Control, 64)}
	// The files can be opened while the SCM takes its time to answer.
	logs, report := &process.Logs{}, make(chan []byte, 1)
	logs.Redirect = logs.RedirectOutput
	go func() { report <- p.OpenLogs(logs, spec.SCM) }()
	// The handler runs in the dispatcher's thread, which must never wait: the SCM
	// has one for all services and gives up on it after 30 seconds.
	handler := windows.NewCallback(func(code, kind uint32, data unsafe.Pointer, _ uintptr) uintptr {
		if code == supervisor.Interrogate {
			return supervisor.NoError
		}
		if errno := supervisor.Answer(code, c.Accepts); errno != supervisor.NoError {
			return uintptr(errno)
		}
		select {
		case m.controls <- supervisor.Control{Code: code, Type: kind, Data: copyEventData(code, kind, data)}:
			return supervisor.NoError
		default:
			return supervisor.ErrCannotAcceptCtrl
		}
	})
	var mainErr error
	main := windows.NewCallback(func(argc uint32, argv **uint16) uintptr {
		var args []string
		for i, arg := range unsafe.Slice(argv, argc) {
			if i > 0 { // the first is the service's name
				args = append(args, windows.UTF16PtrToString(arg))
			}
		}
		if m.handle, mainErr = windows.RegisterServiceCtrlHandlerEx(name, handler, 0); mainErr != nil {
			return 0
		}
		c.Prepare = func(ctx context.Context) error {
			keepThroughLogoff()
			if err := p.Prepare(ctx, logs, <-report, spec.SCM); err != nil {
				return err
			}
			return p.ParseArguments(args)
		}
		c.Hung = func(dump []byte) {
			logs.Crashed(dump)
			supervisor.Tell(os.Stderr, dump)
		}
		// The SCM may end the process as soon as it knows that the service has
		// stopped: what Main's error says must be in the log before.
		c.Failed = func(err error) {
			p.Fail(err)
		}
		// Not in this goroutine: it is bound to the manager's thread, and each
		// message to it would cost two switches of threads.
		done := make(chan error)
		go func() {
			_, err := supervisor.Run(ctx, m, c)
			done <- err
		}()
		mainErr = <-done
		if errors.Is(mainErr, supervisor.ErrHung) {
			os.Exit(spec.ExitCode(mainErr)) // before the dispatcher lets other code go on
		}
		return 0
	})
	table := [...]windows.SERVICE_TABLE_ENTRY{{ServiceName: name, ServiceProc: main}, {}}
	if err := windows.StartServiceCtrlDispatcher(&table[0]); err != nil {
		return err != windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, err
	}
	if mainErr != nil {
		mainErr = &spec.Logged{Err: mainErr}
	}
	return true, mainErr
}

// copyEventData copies what a control's data pointer leads to, which is valid
// only until the handler returns (HandlerEx).
func copyEventData(code, kind uint32, data unsafe.Pointer) []byte {
	if data == nil {
		return nil
	}
	size := uint32(0)
	switch {
	case code == supervisor.Session:
		size = uint32(unsafe.Sizeof(windows.WTSSESSION_NOTIFICATION{}))
	case code == supervisor.Power && kind == supervisor.PowerSettingChange:
		const header = 16 + 4 // POWERBROADCAST_SETTING{PowerSetting GUID, DataLength, Data[]}
		size = header + *(*uint32)(unsafe.Add(data, 16))
	}
	return append([]byte(nil), unsafe.Slice((*byte)(data), size)...)
}

// keepThroughLogoff keeps the users' logoff from this process: Windows sends
// CTRL_LOGOFF_EVENT to services for any user who logs off, and Go's runtime
// makes a SIGTERM of it. The shutdown comes as a control of SCM.
func keepThroughLogoff() error {
	const ctrlLogoff, ctrlShutdown = 5, 6
	return winapi.SetConsoleCtrlHandler(windows.NewCallback(func(kind uint32) uintptr {
		if kind == ctrlLogoff || kind == ctrlShutdown {
			return 1
		}
		return 0
	}), true)
}

// Under asks whether the parent process is services.exe. That is so in containers,
// too, where services are not in session 0 (golang/go#56335).
func (*Program) Under() spec.Manager {
	var self windows.PROCESS_BASIC_INFORMATION
	size := uint32(unsafe.Sizeof(self))
	err := windows.NtQueryInformationProcess(windows.CurrentProcess(), windows.ProcessBasicInformation, unsafe.Pointer(&self), size, &size)
	if err != nil {
		return spec.Console
	}
	parent := self.InheritedFromUniqueProcessId
	if h, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, uint32(parent)); err == nil {
		defer windows.CloseHandle(h)
		var image [windows.MAX_PATH]uint16
		size = uint32(len(image))
		if err := windows.QueryFullProcessImageName(h, 0, &image[0], &size); err == nil {
			return underImage(windows.UTF16ToString(image[:size]))
		}
	}
	// An account with few rights can't open it, but can list all processes.
	for size = 256 << 10; ; {
		buf := make([]byte, size)
		err := windows.NtQuerySystemInformation(windows.SystemProcessInformation, unsafe.Pointer(&buf[0]), size, &size)
		if err == windows.STATUS_INFO_LENGTH_MISMATCH {
			size += 16 << 10 // processes start meanwhile
			continue
		}
		if err != nil {
			return spec.Console
		}
		return underParent(buf, parent)
	}
}

// underParent looks up the parent in a list of SYSTEM_PROCESS_INFORMATION. It
// copies them, since Wine's are not aligned.
func underParent(list []byte, parent uintptr) spec.Manager {
	var p windows.SYSTEM_PROCESS_INFORMATION
	for {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&p)), unsafe.Sizeof(p)), list)
		switch {
		case p.UniqueProcessID == parent:
			return underImage(p.ImageName.String())
		case p.NextEntryOffset == 0:
			return spec.Console
		}
		list = list[p.NextEntryOffset:]
	}
}

// underImage returns what a parent of that name or path is.
func underImage(image string) spec.Manager {
	if strings.EqualFold(image[strings.LastIndexByte(image, '\\')+1:], "services.exe") {
		return spec.SCM
	}
	return spec.Console
}
