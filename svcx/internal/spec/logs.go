package spec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// CopyLogs writes the output of a service to w, from the files in its directory.
func CopyLogs(dir string, w io.Writer) error {
	found := false
	for _, name := range [...]string{"output.1.log", "output.log"} {
		f, err := os.Open(Within(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Fail(nil, err, "")
		}
		found = true
		_, err = io.Copy(w, f)
		if err := Join(err, f.Close()); err != nil {
			return Fail(nil, err, "")
		}
	}
	if !found {
		return Fail(nil, fs.ErrNotExist, "there is no output.log in "+dir+"; set Service.Logs if the program logs elsewhere")
	}
	return nil
}

// WatchFiles returns a function that reads what is appended from now on to the files in dir, the
// last few kilobytes of it.
func WatchFiles(dir string) (written func() string) {
	names := [...]string{Within(dir, "output.log"), Within(dir, "crash.log")}
	var sizes [len(names)]int64
	for i, name := range names {
		if fi, err := os.Stat(name); err == nil {
			sizes[i] = fi.Size()
		}
	}
	return func() (text string) {
		for i, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				continue
			}
			if int64(len(data)) >= sizes[i] { // else it is a new one
				data = data[sizes[i]:]
			}
			text += string(data)
		}
		return LastPart(text)
	}
}

// LastPart returns the last few kilobytes of text, from the beginning of a line.
func LastPart(text string) string {
	const most = 4 << 10
	text = strings.TrimSpace(text)
	if len(text) > most {
		text = text[len(text)-most:]
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
