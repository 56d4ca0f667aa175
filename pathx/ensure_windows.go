package pathx

import (
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

func makeDir(dir string, private bool) error {
	if !private && !privileged() {
		return os.Mkdir(dir, 0o755)
	}
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	if err := winsec.MakeDir(winpath.Extended(dir), p.PrivateDirSDDL(private)); err != nil {
		return &os.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// secureDir refuses a directory that others may have put something into, and closes a
// private one to those who can only read it.
func secureDir(f *os.File, _ fs.FileInfo, dir string, private bool) error {
	if err := checkUse(f, dir, winsec.ForContents); err != nil || !private {
		return err
	}
	p, err := winsec.Current()
	if err != nil {
		return err
	}
	h := windows.Handle(f.Fd())
	defer runtime.KeepAlive(f)
	if p.CheckHandle(h, dir, winsec.ForSecrets) == nil {
		return nil
	}
	final, err := winsec.FinalPath(h)
	if err != nil { // in a container; the way to dir is checked
		final = winpath.Extended(dir)
	}
	return os.NewSyscallError("SetNamedSecurityInfo", winsec.Protect(final, p.PrivateDirSDDL(true)))
}
