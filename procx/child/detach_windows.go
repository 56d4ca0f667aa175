package child

import (
	"fmt"
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

func detach(cmd *exec.Cmd) error {
	limits, err := jobLimits()
	if err != nil {
		return fmt.Errorf("child: examining this process's job object: %w", err)
	}
	breakaway, err := leaveJob(limits)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTethered, err)
	}
	attr := &syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	attr.CreationFlags |= windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW
	if breakaway {
		attr.CreationFlags |= windows.CREATE_BREAKAWAY_FROM_JOB
	}
	cmd.SysProcAttr = attr
	return nil
}

// jobLimits is swapped by tests on a system that doesn't report limits.
var jobLimits = ownJobLimits

// ownJobLimits returns the limits of the innermost job that contains this process, or 0 if there is
// none.
func ownJobLimits() (uint32, error) {
	var in int32
	if err := winapi.IsProcessInJob(windows.CurrentProcess(), 0, &in); err != nil || in == 0 {
		return 0, err
	}
	var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	err := windows.QueryInformationJobObject(0, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), nil)
	return info.BasicLimitInformation.LimitFlags, err
}
