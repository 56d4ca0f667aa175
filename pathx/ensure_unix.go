//go:build unix

package pathx

import (
	"io/fs"
	"os"

	"github.com/surefoot-go/surefoot/internal/unixsec"
)

func makeDir(dir string, private bool) error {
	if private {
		return os.Mkdir(dir, 0o700)
	}
	return os.Mkdir(dir, 0o755)
}

// secureDir refuses a directory that others may have put something into, and closes a
// private one to those who can only read it.
func secureDir(f *os.File, fi fs.FileInfo, dir string, private bool) error {
	a := thisAccount()
	// A sticky directory such as /tmp is for everyone too.
	err := a.Check(unixsec.Entry{Path: dir, UID: unixsec.Owner(fi), Mode: fi.Mode() &^ fs.ModeSticky})
	if err == nil {
		err = a.CheckWay(fi, dir)
	}
	if err != nil || !private || fi.Mode()&0o077 == 0 {
		return asUntrusted(err)
	}
	return f.Chmod(fi.Mode() &^ 0o077)
}
