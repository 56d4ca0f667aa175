//go:build !windows

package consolex

import "os"

func ansi() CodePage { return localeCodePage(os.Getenv) }

func oem() CodePage { return localeCodePage(os.Getenv) }

func consoleOutput() CodePage { return 0 }
