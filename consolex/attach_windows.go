package consolex

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

const attachParentProcess = ^uint32(0) // ATTACH_PARENT_PROCESS

// replaced keeps the files of dead handles: that of a file that nobody holds is closed,
// though by then its number may be another one's.
var replaced []*os.File

func attachParent() error {
	standard := [...]struct {
		id     uint32
		file   **os.File
		device string
	}{
		{windows.STD_INPUT_HANDLE, &os.Stdin, "CONIN$"},
		{windows.STD_OUTPUT_HANDLE, &os.Stdout, "CONOUT$"},
		{windows.STD_ERROR_HANDLE, &os.Stderr, "CONOUT$"},
	}
	var before [len(standard)]windows.Handle // AttachConsole replaces them
	for i, s := range standard {
		before[i], _ = windows.GetStdHandle(s.id)
		if kindOfHandle(before[i]) == None {
			before[i] = 0
		}
	}

	switch err := winapi.AttachConsole(attachParentProcess); {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil // has one already
	case err != nil:
		return fmt.Errorf("%w: the parent process has none to attach to: %w", ErrNoConsole, err)
	}

	var errs []error
	for i, s := range standard {
		if before[i] != 0 {
			errs = append(errs, windows.SetStdHandle(s.id, before[i]))
			continue
		}
		h, err := openDevice(s.device)
		if err != nil {
			errs = append(errs, fmt.Errorf("consolex: opening %s: %w", s.device, err))
			continue
		}
		errs = append(errs, windows.SetStdHandle(s.id, h))
		replaced = append(replaced, *s.file)
		*s.file = os.NewFile(uintptr(h), s.device)
	}
	return errors.Join(errs...)
}
