package spec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// CopyLogs writes a service's output to w, from the log files in dir.
func CopyLogs(dir string, w io.Writer) error {
	found := false
	for _, name := range [...]string{"output.1.log", "output.log"} {
		err := CopyFile(w, Within(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Fail(nil, err, "")
		}
		found = true
	}
	if !found {
		return Fail(nil, fs.ErrNotExist, "there is no output.log in "+dir+"; set Service.Logs if the program logs elsewhere")
	}
	return nil
}

// WatchFiles returns a function that returns the last few kilobytes appended to the log files in
// dir since the call of WatchFiles.
func WatchFiles(dir string) (written func() string) {
	output, crash := Within(dir, "output.log"), Within(dir, "crash.log")
	outputSize, crashSize := size(output), size(crash)
	return func() string { return LastPart(Written(output, outputSize) + Written(crash, crashSize)) }
}

// size returns the size of a file, or 0 if the file does not exist.
func size(name string) int64 {
	fi, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return fi.Size()
}

// Written returns the contents of a file after an offset, or all of them if the file is shorter,
// because then the file is a new one. It returns "" for a file that can't be read.
func Written(name string, behind int64) string {
	var b strings.Builder
	if CopyFile(&b, name) != nil {
		return ""
	}
	text := b.String()
	if int64(len(text)) >= behind {
		text = text[behind:]
	}
	return text
}

// CopyFile writes the contents of a file to w.
func CopyFile(w io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return Join(err, f.Close())
}

// LastPart returns the last few kilobytes of text, starting at the beginning of a line.
func LastPart(text string) string {
	const most = 4 << 10
	text = strings.TrimSpace(text)
	if len(text) > most {
		text = text[len(text)-most:]
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
