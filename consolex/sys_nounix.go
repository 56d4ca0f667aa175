//go:build !unix && !windows

package consolex

import (
	"io/fs"
	"os"
)

func kindOf(f *os.File) Kind {
	info, err := f.Stat()
	switch {
	case err != nil:
		return None
	case info.Mode()&(fs.ModeNamedPipe|fs.ModeSocket) != 0:
		return Pipe
	}
	return File
}
