package pathx

import (
	"errors"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winsec"
)

// openFile opens path for reading and shares it in every way, other than os.Open,
// so that it can be replaced. With FILE_FLAG_BACKUP_SEMANTICS a directory opens too,
// and is told from what access is denied to. The error is the bare number.
func openFile(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(extendedPath(path))
	if err != nil {
		return nil, err
	}
	var h windows.Handle
	err = retrySharing(func() error {
		h, err = windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
			nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|winsec.Identification, 0)
		return err
	}, windows.ERROR_SHARING_VIOLATION)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// sharingWait is how long to wait for a process that has the file open for itself.
const sharingWait = 500 * time.Millisecond

// retrySharing calls f until it succeeds, fails with another error than those, or
// sharingWait is over. The pauses are short and random: there may be many who wait.
func retrySharing(f func() error, passing ...error) error {
	var end time.Time
	for {
		err := f()
		if err == nil || !isOneOf(err, passing) {
			return err
		}
		now := time.Now()
		if end.IsZero() {
			end = now.Add(sharingWait)
		}
		if now.After(end) {
			return err
		}
		time.Sleep(rand.N(8 * time.Millisecond))
	}
}

func isOneOf(err error, set []error) bool {
	for _, e := range set {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isUnreachable says whether the error is about a file server.
func isUnreachable(err error) bool { return errors.Is(err, windows.ERROR_BAD_NETPATH) }
