//go:build unix

package pathx

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/unixsec"
)

func privileged() bool { return unix.Geteuid() == 0 }

func thisAccount() unixsec.Account { return unixsec.Account{UID: uint32(unix.Geteuid())} }

// checkHandle judges the open file alone.
func checkHandle(_ *os.File, fi fs.FileInfo, path string) error {
	return asUntrusted(thisAccount().CheckOpen(fi, path))
}

// checkTrust judges the open file and the way to it.
func checkTrust(_ *os.File, fi fs.FileInfo, path string) error {
	a := thisAccount()
	err := a.CheckOpen(fi, path)
	if err == nil {
		err = a.CheckWay(fi, path)
	}
	return asUntrusted(err)
}
