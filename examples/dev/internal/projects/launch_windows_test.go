package projects

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/procx/child"
)

// launch starts dev so that it can be asked to end.
func launch(cmd *exec.Cmd) (program, error) {
	p, err := child.Start(context.Background(), cmd, &child.Options{Grace: time.Minute})
	if err != nil {
		return program{}, err
	}
	process, err := os.FindProcess(p.PID())
	return program{process, sync.OnceValue(func() error {
		return errors.Join(p.Stop(context.Background()), p.Wait())
	})}, err
}

func alive(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return false
	}
	defer windows.CloseHandle(h)
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event != windows.WAIT_OBJECT_0
}
