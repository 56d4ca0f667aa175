//go:build unix

package projects

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// launch starts dev as a shell does: what it leaves is left.
func launch(cmd *exec.Cmd) (program, error) {
	if err := cmd.Start(); err != nil {
		return program{}, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	return program{cmd.Process, sync.OnceValue(func() error {
		cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			return errors.Join(errors.New("it does not end"), cmd.Process.Kill())
		}
	})}, nil
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }
