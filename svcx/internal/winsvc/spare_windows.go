package winsvc

import (
	"errors"
	"os"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/wincall"
)

// makeSpareLogDir makes the directory that a service logs to whose own fails, for its account
// alone. Everyone can make directories in the temporary directory, and this one before the service:
// one that exists must be its own. This is not the check of package winsec, which would be a
// quarter of what Run adds to a program.
func makeSpareLogDir(name string) (string, error) {
	who, err := wincall.UserSID()
	if err != nil {
		return "", err
	}
	dir := os.TempDir() + `\` + name
	err = wincall.CreateDirectory(dir, "O:"+who+"D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;"+who+")")
	if err != syscall.ERROR_ALREADY_EXISTS {
		return dir, err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", errors.New("it is a file or a link")
	}
	owner, err := wincall.OwnerOf(dir)
	if err == nil && owner != who {
		err = errors.New("it belongs to another account")
	}
	return dir, err
}
