//go:build unix

package upgrade

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/unixsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// start starts a program as the manager would start the service, to check it.
func start(program string, p *spec.Spec, output string) (wait func() error, kill func(), err error) {
	f, err := os.OpenFile(output, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	credential, variables, err := accountOf(p)
	if err != nil {
		return nil, nil, err
	}
	attr := &os.ProcAttr{Dir: cmp.Or(p.Dir, filepath.Dir(program)), Env: environment(p, variables...), Files: []*os.File{nil, f, f},
		Sys: &syscall.SysProcAttr{Credential: credential}}
	process, err := os.StartProcess(program, append([]string{program}, p.Args...), attr)
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

// accountOf returns the credential and the variables with which a program is checked, or nil for
// those of this process. The service's account may own the program, so root must neither run it nor
// leave files that belong to root.
func accountOf(p *spec.Spec) (c *syscall.Credential, variables []string, err error) {
	if os.Geteuid() != 0 || p.User || p.Account == "" || p.Account == "root" || p.Account == "0" {
		return nil, nil, nil
	}
	if err := spec.CheckUnixAccount(p.Account); err != nil {
		return nil, nil, err
	}
	uid, err := unixsec.IDs("-u", p.Account)
	if err != nil {
		return nil, nil, spec.Errorf("the service's account %q is not known here: id: %w", p.Account, err)
	}
	groups, err := unixsec.IDs("-G", p.Account)
	if err != nil {
		return nil, nil, spec.Errorf("the service's account %q is not known here: id: %w", p.Account, err)
	}
	home := "/" // as systemd sets it for an account without a home directory
	passwd, _ := os.ReadFile("/etc/passwd")
	for line := range strings.Lines(string(passwd)) {
		if fields := strings.Split(line, ":"); fields[0] == p.Account && len(fields) > 5 {
			home = fields[5]
		}
	}
	return &syscall.Credential{Uid: uid[0], Gid: groups[0], Groups: groups},
		[]string{"USER=" + p.Account, "LOGNAME=" + p.Account, "HOME=" + home}, nil
}

// lock locks the directory, because a lock file would have to be removed.
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

// replace renames a file to the program's name, in one step.
func (f *Files) replace(from string) error {
	if err := os.Rename(from, f.exe); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(f.exe))
	if err != nil {
		return err
	}
	dir.Sync() // not every file system supports this
	return dir.Close()
}

func environ() []string { return os.Environ() }

// own gives f the owner, mode and capabilities of the program exe, whose FileInfo is like.
func own(f *os.File, exe string, like fs.FileInfo) error {
	mode := like.Mode().Perm() | 0o100
	if st, ok := like.Sys().(*syscall.Stat_t); ok {
		switch err := f.Chown(int(st.Uid), int(st.Gid)); {
		case err == nil: // Chown cleared the setuid and setgid bits
			mode |= like.Mode() & (fs.ModeSetuid | fs.ModeSetgid)
		case !errors.Is(err, fs.ErrPermission): // otherwise this is a user's own service
			return err
		}
	}
	if err := f.Chmod(mode); err != nil {
		return err
	}
	return keepCapabilities(f, exe)
}

func inUse(error) bool { return false }
