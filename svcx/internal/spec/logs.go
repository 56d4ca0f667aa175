package spec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CopyLogs writes the output of a service to w, from the files in its directory.
func CopyLogs(dir string, w io.Writer) error {
	found := false
	for _, name := range [...]string{"output.1.log", "output.log"} {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return &Error{Err: err}
		}
		found = true
		_, err = io.Copy(w, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return &Error{Err: err}
		}
	}
	if !found {
		return Fail(nil, fs.ErrNotExist, "it has written no output.log in "+dir)
	}
	return nil
}
