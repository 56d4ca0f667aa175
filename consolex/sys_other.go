//go:build !windows

package consolex

import (
	"errors"
	"os"
	"os/exec"
	"strings"
)

// openConsole returns nil: there is no console with a code page.
func openConsole() (console, error) { return nil, nil }

func onEvent(func() (resume func())) error { return nil }

func writeConsole(*os.File, []uint16) (int, error) { return 0, errors.ErrUnsupported }

func readConsole(*os.File, []uint16) (int, error) { return 0, errors.ErrUnsupported }

func obeysEscapes(*os.File) bool { return true }

func attachParent() error { return nil }

func ansi() CodePage { return localeCodePage(os.Getenv) }

func oem() CodePage { return localeCodePage(os.Getenv) }

func consoleOutput() CodePage { return 0 }

// ownPage returns the code page of the locale in cmd's environment, if it sets one.
func ownPage(cmd *exec.Cmd) (CodePage, bool) {
	if cmd == nil || cmd.Env == nil {
		return 0, false
	}
	return localeCodePage(func(name string) (value string) {
		for _, variable := range cmd.Env { // the last one counts
			if v, ok := strings.CutPrefix(variable, name+"="); ok {
				value = v
			}
		}
		return value
	}), true
}
