package svcx

import (
	"context"
	"errors"
	"os"
	"strings"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/svcx/internal/scm"
	"golang.org/x/sys/windows"
)

// scmManager is the service control manager that started this process.
type scmManager struct {
	handle   windows.Handle
	controls chan scm.Control
}

func (m *scmManager) Controls() <-chan scm.Control { return m.controls }

func (m *scmManager) Report(s scm.Status) error {
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

func (s *Service) runHere(ctx context.Context) error {
	if Under() != SCM {
		return s.runProcess(ctx, Console)
	}
	err := s.runSCM(ctx)
	if err == windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT {
		// services.exe started us, but not as a service.
		return s.runProcess(ctx, Console)
	}
	return err
}

// runSCM connects this thread to the service control manager and runs the
// service in the thread that the manager asks for, until it has stopped.
func (s *Service) runSCM(ctx context.Context) (err error) {
	name, err := windows.UTF16PtrFromString(s.Name)
	if err != nil {
		return err
	}
	m := &scmManager{controls: make(chan scm.Control, 64)}
	accepts := s.Accept.controls()
	// The files can be opened while SCM takes its time to answer.
	logs, report := &logFiles{redirect: redirectOutput}, make(chan []byte, 1)
	go func() { report <- s.openLogs(logs, SCM) }()
	// The handler runs in the dispatcher's thread, which must never wait: SCM
	// has one for all services and gives up on it after 30 seconds.
	handler := windows.NewCallback(func(code, kind uint32, data unsafe.Pointer, _ uintptr) uintptr {
		if code == scm.Interrogate {
			return scm.NoError
		}
		if errno := scm.Answer(code, accepts); errno != scm.NoError {
			return uintptr(errno)
		}
		select {
		case m.controls <- scm.Control{Code: code, Type: kind, Data: copyEventData(code, kind, data)}:
			return scm.NoError
		default:
			return scm.ErrCannotAcceptCtrl
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
		// Not in this goroutine: it is bound to the manager's thread, and each
		// word with it would cost two switches of threads.
		done := make(chan error)
		go func() { done <- s.supervise(ctx, m, s.scmHost(logs, report, args)) }()
		mainErr = <-done
		if errors.Is(mainErr, ErrHung) {
			os.Exit(ExitCode(mainErr)) // before the dispatcher lets other code go on
		}
		return 0
	})
	table := [...]windows.SERVICE_TABLE_ENTRY{{ServiceName: name, ServiceProc: main}, {}}
	if err := windows.StartServiceCtrlDispatcher(&table[0]); err != nil {
		return err
	}
	return mainErr
}

// scmHost prepares the process of a service, when its logs are open and the
// report of an earlier crash is there. args were given to StartService.
func (s *Service) scmHost(logs *logFiles, report <-chan []byte, args []string) host {
	return host{
		prepare: func(ctx context.Context) error {
			keepThroughLogoff()
			if err := s.prepare(ctx, logs, <-report, SCM); err != nil {
				return err
			}
			return s.parseStartArgs(args)
		},
		hung: func(dump []byte) {
			logs.crashed(dump)
			tell(os.Stderr, dump)
		},
	}
}

// copyEventData copies what a control's data pointer leads to, which is valid
// only until the handler returns (HandlerEx).
func copyEventData(code, kind uint32, data unsafe.Pointer) []byte {
	if data == nil {
		return nil
	}
	size := uint32(0)
	switch {
	case code == scm.Session:
		size = uint32(unsafe.Sizeof(windows.WTSSESSION_NOTIFICATION{}))
	case code == scm.Power && kind == scm.PowerSettingChange:
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

// under asks whether the parent process is services.exe. That is so in
// containers, too, where services are not in session 0 (golang/go#56335).
func under() Manager {
	var self windows.PROCESS_BASIC_INFORMATION
	size := uint32(unsafe.Sizeof(self))
	err := windows.NtQueryInformationProcess(windows.CurrentProcess(), windows.ProcessBasicInformation, unsafe.Pointer(&self), size, &size)
	if err != nil {
		return Console
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
			return Console
		}
		return underParent(buf, parent)
	}
}

// underParent looks up the parent in a list of SYSTEM_PROCESS_INFORMATION. It
// copies them, since Wine's are not aligned.
func underParent(list []byte, parent uintptr) Manager {
	var p windows.SYSTEM_PROCESS_INFORMATION
	for {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&p)), unsafe.Sizeof(p)), list)
		switch {
		case p.UniqueProcessID == parent:
			return underImage(p.ImageName.String())
		case p.NextEntryOffset == 0:
			return Console
		}
		list = list[p.NextEntryOffset:]
	}
}

// underImage says what a parent of that name or path is.
func underImage(image string) Manager {
	if strings.EqualFold(image[strings.LastIndexByte(image, '\\')+1:], "services.exe") {
		return SCM
	}
	return Console
}
