//go:build !windows

package consolex

import (
	"errors"
	"os"
	"os/exec"
)

// There is no console with a code page.
func openConsole() (console, error) { return nil, nil }

func writeConsole(*os.File, []uint16) (int, error) { return 0, errors.ErrUnsupported }

func readConsole(*os.File, []uint16) (int, error) { return 0, errors.ErrUnsupported }

func attachParent() error { return nil }

func ansi() CodePage { return localeCodePage(os.Getenv) }

func oem() CodePage { return localeCodePage(os.Getenv) }

func consoleOutput() CodePage { return 0 }

func hasOwnConsole(*exec.Cmd) bool { return false }
