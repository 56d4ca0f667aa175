package pathx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens a file and returns the reason why it can't be used, if any. If the path has been
// replaced by then, open opens the new file: rewriting a configuration, as WriteFile does, is not
// an attack.
func (w *walk) open(src Source, path string) (file *os.File, err, problem error) {
	const attempts = 20
	for n := 1; ; n++ {
		if file, err = openFile(path); err != nil {
			return nil, err, nil
		}
		fi, err := file.Stat()
		if err != nil {
			return file, nil, err
		}
		problem = w.verify(src, file, fi, path)
		if problem == nil || n == attempts || !isReplaced(fi, path, problem) {
			return file, nil, problem
		}
		file.Close()
	}
}

// verify returns the reason why the open file can't be used, or nil.
func (w *walk) verify(src Source, file *os.File, fi fs.FileInfo, path string) error {
	w.risk = ""
	// A pipe can be read only once: an operator may name one, but the search never picks one by
	// itself.
	pipe := fi.Mode()&fs.ModeNamedPipe != 0 && (src == FromFlag || src == FromEnv)
	switch {
	case fi.IsDir():
		return errIsDirectory
	case !fi.Mode().IsRegular() && !pipe:
		return ErrNotRegular
	}
	var err error
	if w.check || w.explain && privileged() {
		if pipe && isOpenedByNumber(path) {
			err = checkHandle(file, fi, path)
		} else {
			err = checkTrust(file, fi, path)
		}
	}
	switch {
	case err != nil && w.check:
		return err
	case err != nil:
		w.risk = "Finder.Trust is none; otherwise: " + err.Error()
	case pipe && !w.explain && !isOpenedByNumber(path): // there, the writer is known
		return waitForWriter(file)
	}
	return nil
}

// isOpenedByNumber reports whether path names an open file of this process, such as /dev/stdin or
// the result of <(command) in a shell. Others can't change any directory on such a path.
func isOpenedByNumber(path string) bool {
	dir := filepath.Dir(path)
	return path == "/dev/stdin" || dir == "/dev/fd" || dir == "/proc/self/fd"
}

// isReplaced reports whether the problem with an open file may be that its path now leads to
// another file.
func isReplaced(fi fs.FileInfo, path string, problem error) bool {
	var untrusted *UntrustedError
	if errors.Is(problem, ErrNotRegular) || errors.As(problem, &untrusted) {
		return false
	}
	now, err := os.Stat(path)
	return err == nil && !os.SameFile(fi, now) || isNotExist(err)
}

// A refusal wraps an error about something that exists although the system's error number says that
// it doesn't. It never matches fs.ErrNotExist, because a program would then fall back to its
// defaults.
type refusal struct{ err error }

func (r refusal) Error() string        { return r.err.Error() }
func (r refusal) Is(target error) bool { return target != fs.ErrNotExist && errors.Is(r.err, target) }
func (r refusal) As(target any) bool   { return errors.As(r.err, target) }
