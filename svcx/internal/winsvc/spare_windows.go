package winsvc

import (
	"errors"
	"os"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/wincall"
)

// makeSpareLogDir creates a log directory in the temporary directory, for a service whose LogDir
// can't be used. Only its account, SYSTEM and administrators can access it. Everyone can create
// directories there, also under this name, so an existing directory must be owned by the service's
// account. The function does not use package winsec for this check, since that would make up a
// quarter of what Run adds to a binary.
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
