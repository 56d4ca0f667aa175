//go:build !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd && !windows

package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
)

// tree is not supported here.
type tree struct{ contained Containment }

func holdThread() (release func()) { return func() {} }
func newTree(*exec.Cmd, Options) (*tree, error) {
	return nil, fmt.Errorf("child: no process trees on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (t *tree) adopt(*os.Process, Options) error { return nil }
func (t *tree) ask(*os.Process) error            { return nil }
func (t *tree) kill(*os.Process) error           { return nil }
func (t *tree) alive(*os.Process) bool           { return false }
func (t *tree) close()                           {}
func (t *tree) waitExit(*os.Process, func())     {}
func (t *tree) reapOrphans(int) (stop func())    { return func() {} }

func checkAttr(*exec.Cmd) error { return nil }

func foreground(*exec.Cmd, Options) (release func(), err error) { return func() {}, nil }

func detach(*exec.Cmd) error {
	return fmt.Errorf("child: no detached processes on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
