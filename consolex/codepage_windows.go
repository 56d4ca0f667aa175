package consolex

import (
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

func ansi() CodePage { return CodePage(windows.GetACP()) }

func oem() CodePage { return CodePage(winapi.GetOEMCP()) }

// consoleOutput returns 0 without a console.
func consoleOutput() CodePage {
	cp, err := windows.GetConsoleOutputCP()
	if err != nil {
		return 0
	}
	return CodePage(cp)
}
