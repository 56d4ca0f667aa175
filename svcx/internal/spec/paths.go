package spec

import (
	"os"
	"path/filepath"
	"strings"
)

// isGoRun reports whether exe was built by "go run", which deletes it afterwards.
func isGoRun(exe string) bool {
	dir := Dir(exe)
	return strings.HasSuffix(dir, string(os.PathSeparator)+"exe") && strings.Contains(dir, "go-build")
}

// CheckPaths returns an error for paths that would be missing or have another meaning when the
// service starts: a program built by "go run", and relative paths.
func (s *Spec) CheckPaths() error {
	exe := s.Executable
	if isGoRun(exe) {
		return Errorf("svcx: %s was built by go run and is deleted when it ends: install a program that go build or go install has made", exe)
	}
	for _, path := range []string{s.Dir, s.LogDir} {
		if path != "" && !filepath.IsAbs(path) {
			return Refuse("directory", path, "a service starts in another directory: Service.Dir and Service.LogDir must be absolute paths")
		}
	}
	dir := s.WorkDir()
	wd, err := os.Getwd()
	if err != nil || wd == dir {
		return nil
	}
	for _, arg := range s.Args {
		if fixed := absoluteArg(arg, Absolute, func(name string) bool { _, err := os.Stat(name); return err == nil }); fixed != "" {
			return Errorf("svcx: argument %q names a file of this directory, but the service runs in %s: write %s", arg, dir, fixed)
		}
	}
	return nil
}

// absoluteArg returns the argument with its relative path made absolute, or "" if it names no file
// by a relative path. The path may follow "=".
func absoluteArg(arg string, absolute func(string) (string, error), exists func(string) bool) string {
	prefix, path := "", arg
	if strings.HasPrefix(arg, "-") {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return ""
		}
		prefix, path = name+"=", value
	}
	slashed := strings.ReplaceAll(path, `\`, "/")
	if os.PathSeparator == '/' {
		slashed = path
	}
	switch {
	case path == "" || filepath.IsAbs(path) || strings.HasPrefix(slashed, "/"):
		return ""
	case strings.HasPrefix(slashed, "./") || strings.HasPrefix(slashed, "../") || slashed == "." || slashed == "..":
	case !strings.Contains(slashed, "/") && filepath.Ext(path) == "":
		return "" // a word
	case !exists(path):
		return ""
	}
	path, err := absolute(path)
	if err != nil {
		return ""
	}
	return prefix + path
}
