package winsvc

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// scmManager is the service control manager that started this process.
type scmManager struct {
	handle   syscall.Handle
	controls chan supervisor.Control
	args     []string // passed to StartService
	err      error    // the error that Run returns
	logs     process.Logs
	report   chan []byte // receives the crash report found when the logs were opened
}

func (m *scmManager) Controls() <-chan supervisor.Control { return m.controls }

func (m *scmManager) Report(s supervisor.Status) error {
	return wincall.SetServiceStatus(m.handle, &wincall.SERVICE_STATUS{
		ServiceType:             wincall.SERVICE_WIN32_OWN_PROCESS,
		CurrentState:            uint32(s.State),
		ControlsAccepted:        s.Accepts,
		Win32ExitCode:           s.ExitCode,
		ServiceSpecificExitCode: s.ServiceCode,
		CheckPoint:              s.CheckPoint,
		WaitHint:                uint32(s.WaitHint.Milliseconds()),
	})
}

// Run connects this thread to the service control manager and runs the service in the thread of its
// ServiceMain until it has stopped. connected is false if services.exe started the process, but not
// as a service.
func (p *Program) Run(ctx context.Context, c *supervisor.Config) (connected bool, err error) {
	name, err := syscall.UTF16PtrFromString(p.Name)
	if err != nil {
		return true, err
	}
	m := &scmManager{controls: make(chan supervisor.Control, 64), report: make(chan []byte, 1)}
	// Open the files while the SCM takes its time to respond.
	m.logs.Redirect = redirectOutput
	p.SpareLogDir = makeSpareLogDir
	go func() { m.report <- p.OpenLogs(&m.logs, spec.SCM) }()
	// The handler runs in the dispatcher's thread and must never block: the SCM sends controls to
	// all services from one thread and gives up after 30 seconds.
	handler := syscall.NewCallback(func(code, kind uint32, data unsafe.Pointer, _ uintptr) uintptr {
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
	main := syscall.NewCallback(func(argc uint32, argv **uint16) uintptr {
		for i, arg := range unsafe.Slice(argv, argc) {
			if i > 0 { // the first argument is the service's name
				m.args = append(m.args, wincall.String(arg))
			}
		}
		if m.handle, m.err = wincall.RegisterServiceCtrlHandlerEx(name, handler); m.err != nil {
			return 0
		}
		// Not earlier: a process that turns out not to be a service runs on a console with the same
		// c.
		c.Prepare = func(ctx context.Context) error {
			keepThroughLogoff()
			if err := p.Prepare(ctx, &m.logs, <-m.report, spec.SCM); err != nil {
				return err
			}
			return c.Arguments(m.args)
		}
		c.Hung = func(dump []byte) {
			m.logs.Crashed(dump)
			supervisor.Tell(os.Stderr, dump)
		}
		// The SCM may terminate the process as soon as the service is reported as stopped, so
		// Main's error must be in the log before.
		c.Failed = p.Fail
		// Not in this goroutine: it is locked to the thread of ServiceMain, so that each message to
		// it would cost two thread switches.
		done := make(chan error)
		go func() {
			_, err := supervisor.Run(ctx, m, c)
			done <- err
		}()
		m.err = <-done
		if errors.Is(m.err, supervisor.ErrHung) {
			os.Exit(spec.ExitCode(m.err)) // before the dispatcher returns and other code continues
		}
		return 0
	})
	table := [...]wincall.SERVICE_TABLE_ENTRY{{ServiceName: name, ServiceProc: main}, {}}
	if err := wincall.StartServiceCtrlDispatcher(&table[0]); err != nil {
		return err != wincall.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, err
	}
	return true, m.err
}

// copyEventData copies the data of a control, which is valid only until the handler returns
// (HandlerEx).
func copyEventData(code, kind uint32, data unsafe.Pointer) []byte {
	if data == nil {
		return nil
	}
	size := uint32(0)
	switch {
	case code == supervisor.Session:
		size = 8 // WTSSESSION_NOTIFICATION{cbSize, dwSessionId}
	case code == supervisor.Power && kind == supervisor.PowerSettingChange:
		const header = 16 + 4 // POWERBROADCAST_SETTING{PowerSetting GUID, DataLength, Data[]}
		size = header + *(*uint32)(unsafe.Add(data, 16))
	}
	return append([]byte(nil), unsafe.Slice((*byte)(data), size)...)
}

// keepThroughLogoff makes this process ignore CTRL_LOGOFF_EVENT, which Windows sends to services
// when any user logs off and which Go's runtime turns into SIGTERM. A shutdown arrives as a control
// from the SCM.
func keepThroughLogoff() error {
	const ctrlLogoff, ctrlShutdown = 5, 6
	return wincall.SetConsoleCtrlHandler(syscall.NewCallback(func(kind uint32) uintptr {
		if kind == ctrlLogoff || kind == ctrlShutdown {
			return 1
		}
		return 0
	}))
}

// Under checks whether the parent process is services.exe. This also works in containers, where
// services are not in session 0 (golang/go#56335).
func (*Program) Under() spec.Manager {
	parent, err := wincall.ParentProcess()
	if err != nil {
		return spec.Console
	}
	const queryLimited = 0x1000 // PROCESS_QUERY_LIMITED_INFORMATION
	if h, err := wincall.OpenProcess(queryLimited, uint32(parent)); err == nil {
		image, err := wincall.ImageName(h)
		syscall.CloseHandle(h)
		if err == nil {
			return underImage(image)
		}
	}
	// An account with few rights can't open the parent, but can list all processes.
	list, err := wincall.Processes()
	if err != nil {
		return spec.Console
	}
	return underParent(list, parent)
}

// underParent looks up the parent in a list of SYSTEM_PROCESS_INFORMATION. It copies each entry,
// since Wine's are not aligned.
func underParent(list []byte, parent uintptr) spec.Manager {
	var p wincall.SYSTEM_PROCESS_INFORMATION
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

// underImage returns the manager for a parent whose program has that name or path.
func underImage(image string) spec.Manager {
	if strings.EqualFold(image[strings.LastIndexByte(image, '\\')+1:], "services.exe") {
		return spec.SCM
	}
	return spec.Console
}
