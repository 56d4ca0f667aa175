package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// errIsDirectory matches ErrNotRegular and syscall.EISDIR.
var errIsDirectory error = isDirectoryError{}

type isDirectoryError struct{}

func (isDirectoryError) Error() string { return ErrNotRegular.Error() + ": a directory" }

func (isDirectoryError) Unwrap() []error { return []error{ErrNotRegular, syscall.EISDIR} }

// A walk is the state of one search.
type walk struct {
	Finder
	check   bool // whether files must be trusted
	explain bool // continue after the place that decides

	tried   []Attempt
	paths   strings.Builder // see join
	file    *os.File        // the one to return; closed when explaining
	risk    string          // why file would not be trusted, if trust is not checked
	decided bool            // a place has ended the search
	stopped bool            // ... and its file can't be used
}

// run visits the places in order until one decides. For Explain it visits all.
func (w *walk) run() error {
	if err := checkFinderName("App", w.App); err != nil {
		return err
	}
	if len(w.Names) == 0 {
		w.Names = []string{w.App + ".json"}
	}
	for _, name := range w.Names {
		if err := checkFinderName("Names", name); err != nil {
			return err
		}
	}
	switch w.Trust {
	case TrustDefault:
		w.check = privileged()
	default:
		w.check = w.Trust != TrustNone
	}
	w.tried = make([]Attempt, 0, 6)

	w.visitBinding()
	w.visitExecutable()
	if w.more() {
		eachConfigDir(w.App, w.visitConfigDir)
	}
	if w.WorkDir && w.more() {
		switch dir, err := os.Getwd(); {
		case isNotExist(err): // it was removed
			w.note(Attempt{Source: FromWorkDir, Err: err})
		case err != nil:
			w.stop(Attempt{Source: FromWorkDir, Err: err})
		default:
			w.visitNames(FromWorkDir, dir)
		}
	}
	return nil
}

func checkFinderName(field, name string) error {
	if err := CheckName(name); err != nil {
		return fmt.Errorf("pathx: Finder.%s: %w", field, err)
	}
	return nil
}

func (w *walk) more() bool { return !w.decided || w.explain }

// visitBinding visits the places that the flag and the variable name. The first one that is set
// decides, whatever is there.
func (w *walk) visitBinding() {
	if w.Flag != "" {
		if w.Flag == "-" {
			w.visitStdin()
		} else {
			w.visitPath(FromFlag, w.Flag)
		}
		w.decided = true
	}
	if w.EnvVar == "" || !w.more() {
		return
	}
	switch value, ok := os.LookupEnv(w.EnvVar); {
	case ok && value == "":
		w.note(Attempt{Source: FromEnv, Path: w.EnvVar, Err: ErrSkipped, Hint: "the variable is set, but empty"})
	case ok:
		w.visitPath(FromEnv, value)
		w.decided = true
	}
}

// visitStdin uses the standard input. It is not checked, because the caller that chose the
// arguments also chose it.
func (w *walk) visitStdin() {
	a := Attempt{Source: FromFlag, Path: "-"}
	if !w.explain {
		if w.file, a.Err = dupStdin(); a.Err != nil {
			a.Hint = "there is no standard input, as in a service; give the file's path"
			w.stop(a)
			return
		}
		w.decided = true
	}
	w.note(a)
}

// visitPath visits a path from a flag or variable.
func (w *walk) visitPath(src Source, path string) {
	given := path
	if err := checkOpenable(runtime.GOOS, path); err != nil {
		w.stop(Attempt{Source: src, Path: path, Err: err})
		return
	}
	w.look(src, absolute(path))
	a := &w.tried[len(w.tried)-1]
	if a.Err != nil && a.Hint == "" {
		a.Hint = pathHint(given, a.Path, a.Err)
	}
	if a.Err != nil && a.Hint == "" && src == FromEnv {
		a.Hint = "the variable " + w.EnvVar + " names it"
	}
}

// visitExecutable looks beside the executable for the names that contain the app's.
func (w *walk) visitExecutable() {
	if !w.more() {
		return
	}
	exe := executableDirs()
	if exe.err != nil {
		w.note(Attempt{Source: FromExecutable, Err: ErrSkipped, Hint: "its place is unknown: " + exe.err.Error()})
	}
	for _, dir := range exe.dirs {
		if dir.temporary {
			w.note(Attempt{Source: FromExecutable, Path: dir.path, Err: ErrSkipped,
				Hint: `a temporary executable of "go run"; use "go build", the flag or the variable`})
			continue
		}
		for _, name := range w.Names {
			if !w.more() {
				return
			}
			if carries(name, w.App) {
				w.look(FromExecutable, w.join(dir.path, "", name))
			} else {
				w.note(Attempt{Source: FromExecutable, Path: w.join(dir.path, "", name), Err: ErrSkipped,
					Hint: "beside the executable only names with " + w.App + " in them are looked for"})
			}
		}
	}
}

// visitConfigDir visits a directory of the user or the system.
func (w *walk) visitConfigDir(d configDir) {
	switch {
	case !w.more():
	case d.err == ErrSkipped:
		w.note(Attempt{Source: d.source, Path: d.path, Err: d.err, Hint: d.hint})
	case d.err != nil: // it might have had the file
		w.stop(Attempt{Source: d.source, Path: d.path, Err: d.err, Hint: d.hint})
	case d.own:
		w.visitNames(d.source, d.path)
	default:
		for _, name := range w.Names {
			if w.more() {
				w.look(d.source, w.join(d.path, w.App, name))
			}
		}
	}
}

func (w *walk) visitNames(src Source, dir string) {
	for _, name := range w.Names {
		if w.more() {
			w.look(src, w.join(dir, "", name))
		}
	}
}

// look opens the file once and checks it through the handle.
func (w *walk) look(src Source, path string) {
	for i := range w.tried {
		if t := &w.tried[i]; t.Path == path && t.Source >= FromExecutable && t.Err != ErrSkipped {
			return // the same place under two names, such as XDG_CONFIG_HOME=/etc
		}
	}
	file, err, problem := w.open(src, path)
	if isNotExist(err) {
		w.note(Attempt{Source: src, Path: path, Err: err})
		return
	}
	if err == nil {
		if err = problem; err != nil || w.decided || w.explain {
			file.Close()
		}
	}
	switch {
	case err != nil:
		w.stop(Attempt{Source: src, Path: path, Err: err, Hint: errorHint(src, err)})
	case w.decided:
		w.note(Attempt{Source: src, Path: path, Err: ErrNotReached})
	default:
		w.file, w.decided = file, true
		w.note(Attempt{Source: src, Path: path, Hint: w.risk})
	}
}

func (w *walk) note(a Attempt) { w.tried = append(w.tried, a) }

// stop records the attempt that ends the search, unless one already has.
func (w *walk) stop(a Attempt) {
	if errors.Is(a.Err, fs.ErrNotExist) {
		a.Err = refusal{a.Err}
	}
	w.note(a)
	if !w.decided {
		w.decided, w.stopped = true, true
	}
}

// isNotExist reports whether err means that nothing exists at the path. It is also true for a path
// through something that is not a directory, such as $HOME/.config for an account whose home is
// /dev/null. It is false if a file server can't be reached, since the server may have the file,
// although Go maps that error to fs.ErrNotExist.
func isNotExist(err error) bool {
	if err == error(syscall.ENOENT) { // fast path for the usual case
		return true
	}
	return (errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)) && !isUnreachable(err)
}

// errorHint returns advice on a file that exists but can't be used.
func errorHint(src Source, err error) string {
	var untrusted *UntrustedError
	switch {
	case errors.As(err, &untrusted):
		return untrusted.Fix
	case errors.Is(err, fs.ErrPermission) && src == FromUser:
		return "give this process's account the right to read it; is it in another account's home (HOME, XDG_CONFIG_HOME)?"
	case errors.Is(err, fs.ErrPermission):
		return "give this process's account the right to read it, or move it out of the way"
	case errors.Is(err, ErrNotRegular):
		return "only a file can be read; move it out of the way"
	}
	return troubleOf(err).remedy(runtime.GOOS, "")
}

// join is like filepath.Join for an absolute, clean directory, a folder in it or "", and a name.
// The paths of a walk share one buffer, which saves allocations.
func (w *walk) join(dir, folder, name string) string {
	const sep = filepath.Separator
	if w.paths.Cap() == 0 {
		w.paths.Grow(256)
	}
	start := w.paths.Len()
	w.paths.WriteString(strings.TrimSuffix(dir, string(sep))) // the root has one
	if folder != "" {
		w.paths.WriteByte(sep)
		w.paths.WriteString(folder)
	}
	w.paths.WriteByte(sep)
	w.paths.WriteString(name)
	return w.paths.String()[start:]
}
