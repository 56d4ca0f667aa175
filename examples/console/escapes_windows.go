package main

import (
	"os"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/consolex"
)

// escapes reports whether f obeys escape sequences.
func escapes(f *os.File, kind consolex.Kind) string {
	var mode uint32
	switch {
	case kind != consolex.Console:
		return escapesOf(kind)
	case windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) != nil:
		return "unknown"
	case f == os.Stdin && mode&windows.ENABLE_VIRTUAL_TERMINAL_INPUT != 0,
		f != os.Stdin && mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0:
		return "on"
	}
	return "off"
}
