package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

// tree holds a child's job object, or 0 if there is none.
type tree struct {
	contained  Containment
	job        windows.Handle
	jobErr     error
	ownConsole bool // the child has a console of its own, which this process can attach to
}

// assignJob is swapped by tests that run without a job.
var assignJob = windows.AssignProcessToJobObject

func holdThread() (release func()) { return func() {} }

func newTree(cmd *exec.Cmd, o Options) (*tree, error) {
	t := &tree{}
	t.job, t.jobErr = newJob()
	attr := &syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	attr.CreationFlags |= windows.CREATE_SUSPENDED | windows.CREATE_NEW_PROCESS_GROUP
	// Without a console to share, the child would get one with a window.
	t.ownConsole = o.Ask == AskSignal && o.AskFunc == nil && !hasConsole()
	if o.NoWindow || t.ownConsole {
		attr.CreationFlags |= windows.CREATE_NO_WINDOW
	}
	cmd.SysProcAttr = attr
	return t, nil
}

// newJob creates a job object whose processes end when its last handle is closed. The handle isn't
// inheritable, because the child itself would keep the job alive.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, fmt.Errorf("CreateJobObject: %w", err)
	}
	var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	info.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil {
		windows.CloseHandle(job)
		return 0, fmt.Errorf("SetInformationJobObject: %w", err)
	}
	return job, nil
}

// adopt assigns the suspended process p to the job and resumes it.
func (t *tree) adopt(p *os.Process, o Options) error {
	var err error
	handleErr := p.WithHandle(func(handle uintptr) {
		process := windows.Handle(handle)
		if t.job != 0 {
			t.jobErr = assignJob(t.job, process)
		}
		if t.jobErr == nil {
			t.contained = Job
		}
		if err = checkWhole(t.contained, o, t.jobErr); err != nil {
			return
		}
		if err = winapi.NtResumeProcess(process); err != nil {
			err = fmt.Errorf("child: resuming process %d: %w", p.Pid, err)
		}
	})
	return errors.Join(handleErr, err)
}

// checkAttr returns an error for creation flags that prevent CTRL_BREAK from arriving.
func checkAttr(cmd *exec.Cmd) error {
	if cmd.SysProcAttr == nil {
		return nil
	}
	return checkFlags(cmd.SysProcAttr.CreationFlags)
}

// checkCommandLine returns an error for arguments of a batch file that can't be quoted. The caller
// is responsible for quoting its own command line.
func checkCommandLine(cmd *exec.Cmd) error {
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.CmdLine != "" {
		return nil
	}
	return checkBatch(cmd.Path, cmd.Args)
}

// foreground does nothing: every process of a console may read from it.
func foreground(*exec.Cmd, Options) (release func(), err error) { return func() {}, nil }

// ask sends CTRL_BREAK through the shared console or, if this process has none, as in a service,
// through the child's own.
func (t *tree) ask(p *os.Process) error {
	if !t.ownConsole {
		return sendBreak(p.Pid)
	}
	return onConsoleOf(p.Pid, func() error { return sendBreak(p.Pid) })
}

func sendBreak(pid int) error {
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(pid)); err != nil {
		return fmt.Errorf("CTRL_BREAK: %w", err)
	}
	return nil
}

// hasConsole reports whether this process has a console.
func hasConsole() bool {
	_, err := windows.GetConsoleCP()
	return err == nil
}

// attaching is held while this process is attached to a child's console, since it can have only
// one.
var attaching sync.Mutex

// onConsoleOf attaches this process, which has no console, to a child's console while f runs, and
// keeps its standard handles. A process started in the meantime would share the console. os/exec
// can't prevent that, so the time is kept short. The console has no window, so a user can't close
// it and end this process with it (Microsoft: "AttachConsole function", "HandlerRoutine callback
// function").
func onConsoleOf(pid int, f func() error) error {
	attaching.Lock()
	defer attaching.Unlock()
	standard := [...]uint32{windows.STD_INPUT_HANDLE, windows.STD_OUTPUT_HANDLE, windows.STD_ERROR_HANDLE}
	var before [len(standard)]windows.Handle
	for i, which := range standard {
		before[i], _ = windows.GetStdHandle(which)
	}
	err := winapi.AttachConsole(uint32(pid))
	// A child that was just started may not have its console yet.
	for tries := 20; err != nil && tries > 0; tries-- {
		time.Sleep(10 * time.Millisecond)
		err = winapi.AttachConsole(uint32(pid))
	}
	if err != nil {
		return fmt.Errorf("attaching to the child's console to send CTRL_BREAK (a program without a console needs Options.Ask AskStdin, or AskFunc): %w: %w",
			err, errors.ErrUnsupported)
	}
	err = f()
	if e := winapi.FreeConsole(); err == nil && e != nil {
		err = fmt.Errorf("leaving the child's console: %w", e)
	}
	for i, which := range standard {
		windows.SetStdHandle(which, before[i])
	}
	return err
}

func (t *tree) kill(p *os.Process) error {
	if t.contained != Job {
		err := p.Kill()
		if errors.Is(err, os.ErrProcessDone) {
			return nil
		}
		return err
	}
	return windows.TerminateJobObject(t.job, 1)
}

// basicAccounting is JOBOBJECT_BASIC_ACCOUNTING_INFORMATION.
type basicAccounting struct {
	TotalUserTime, TotalKernelTime, ThisPeriodTotalUserTime, ThisPeriodTotalKernelTime int64
	TotalPageFaultCount, TotalProcesses, ActiveProcesses, TotalTerminatedProcesses     uint32
}

// alive reports whether a process of the job is running.
func (t *tree) alive(*os.Process) bool {
	if t.contained != Job {
		return false
	}
	var info basicAccounting
	err := windows.QueryInformationJobObject(t.job, windows.JobObjectBasicAccountingInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	return err == nil && info.ActiveProcesses > 0
}

func (t *tree) close() {
	if t.job != 0 {
		windows.CloseHandle(t.job)
	}
}

// reapOrphans does nothing: Windows has no zombies.
func (t *tree) reapOrphans(int) (stop func()) { return func() {} }

// waitExit waits until p has ended.
func (t *tree) waitExit(p *os.Process, _ func()) {
	p.WithHandle(func(handle uintptr) {
		windows.WaitForSingleObject(windows.Handle(handle), windows.INFINITE)
	})
}
