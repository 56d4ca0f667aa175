//go:build unix

package upgrade

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// start starts a program as the service would run, to check it.
func start(program string, p *spec.Spec, output string) (wait func() error, kill func(), err error) {
	f, err := os.OpenFile(output, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	process, err := os.StartProcess(program, append([]string{program}, p.Args...),
		&os.ProcAttr{Dir: cmp.Or(p.Dir, filepath.Dir(program)), Env: environment(p), Files: []*os.File{nil, f, f}})
	if err != nil {
		return nil, nil, err
	}
	wait = func() error {
		state, err := process.Wait()
		if err == nil && !state.Success() {
			err = errors.New(state.String())
		}
		return err
	}
	return wait, func() { process.Kill() }, nil
}

// lock locks the directory: a lock file would have to be removed.
func lock(name string) (unlock func(), err error) {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		dir.Close()
		if err == syscall.EWOULDBLOCK {
			err = ErrBusy
		}
		return nil, err
	}
	return func() { dir.Close() }, nil
}

func link(from, to string) error { return os.Link(from, to) }

// replace moves a file to the program's name, in one step.
func (f *Files) replace(from string) error {
	if err := os.Rename(from, f.exe); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.exe))
	if err != nil {
		return err
	}
	dir.Sync() // not every file system can
	return dir.Close()
}

func environ() []string { return os.Environ() }

// own gives a program to the owner of another one, and makes it as accessible.
func own(f *os.File, like fs.FileInfo) error {
	if err := f.Chmod(like.Mode().Perm() | 0o100); err != nil {
		return err
	}
	st, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := f.Chown(int(st.Uid), int(st.Gid))
	if errors.Is(err, fs.ErrPermission) { // the user's own service
		return nil
	}
	return err
}

func inUse(error) bool { return false }
