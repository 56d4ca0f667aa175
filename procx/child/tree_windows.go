package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

// tree holds a child's job object, 0 where there is none.
type tree struct {
	contained Containment
	job       windows.Handle
	jobErr    error
}

// assignJob is swapped by tests that must do without a job.
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
	if o.NoWindow {
		attr.CreationFlags |= windows.CREATE_NO_WINDOW
	}
	cmd.SysProcAttr = attr
	return t, nil
}

// newJob makes a job object whose processes end with its last handle. The
// handle isn't inheritable: the child itself would keep the job alive.
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

// adopt puts p, which is suspended, into the job and resumes it.
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

func (t *tree) ask(p *os.Process) error {
	if _, err := windows.GetConsoleCP(); err != nil {
		return fmt.Errorf("CTRL_BREAK passes through a console, and this process has none (set Options.Ask to AskStdin, or AskFunc): %w", errors.ErrUnsupported)
	}
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(p.Pid)); err != nil {
		return fmt.Errorf("CTRL_BREAK: %w", err)
	}
	return nil
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

// alive says whether a process of the job is running.
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

// waitExit waits until p has ended.
func (t *tree) waitExit(p *os.Process) {
	p.WithHandle(func(handle uintptr) {
		windows.WaitForSingleObject(windows.Handle(handle), windows.INFINITE)
	})
}
