package loop

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// inputs holds the files from which a service is built, in modules on this disk that may be edited:
// not in GOROOT or in the module cache.
type inputs struct {
	packages map[string]bool // directories of packages, also of those that are still missing
	files    map[string]bool // go.mod, go.sum, go.work
	embeds   []embedding
	others   map[string]bool // directories to watch for files and embeds
}

// An embedding is the patterns of a package's go:embed directives.
type embedding struct {
	dir      string
	patterns []string
}

func newInputs() *inputs {
	return &inputs{packages: map[string]bool{}, files: map[string]bool{}, others: map[string]bool{}}
}

func (in *inputs) addFile(name string) {
	in.files[name] = true
	in.others[filepath.Dir(name)] = true
}

// dirs are the directories to watch, whether they exist or not.
func (in *inputs) dirs(yield func(string) bool) {
	for _, set := range []map[string]bool{in.packages, in.others} {
		for dir := range set {
			if !yield(dir) {
				return
			}
		}
	}
}

// watches reports whether dir is one of those to watch.
func (in *inputs) watches(dir string) bool { return in.packages[dir] || in.others[dir] }

// A change is a notification from the file system about a path.
type change struct {
	path string
	name bool // the path was made, removed or renamed, not only written to
}

// concerns reports whether a service must be rebuilt after the change.
func (in *inputs) concerns(c change) bool {
	dir, name := filepath.Split(c.path)
	dir = filepath.Clean(dir)
	if in.files[c.path] || in.packages[dir] && isSource(name) {
		return true
	}
	for _, e := range in.embeds {
		if rel, err := filepath.Rel(e.dir, c.path); err == nil && filepath.IsLocal(rel) && e.has(filepath.ToSlash(rel)) {
			return !isTemporary(name)
		}
	}
	if c.name { // of a directory that leads to what is needed
		for dir := range in.dirs {
			if within(dir, c.path) {
				return true
			}
		}
	}
	return false
}

// within reports whether path is dir or lies below it.
func within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}

// has reports whether the file, relative to the package and with slashes, is embedded, itself or
// with a directory above it.
func (e embedding) has(file string) bool {
	for _, pattern := range e.patterns {
		pattern = strings.TrimPrefix(pattern, "all:")
		for p := file; p != "."; p = path.Dir(p) {
			if ok, _ := path.Match(pattern, p); ok {
				return true
			}
		}
	}
	return false
}

// isSource reports whether go build would read the file of that name in a package's directory ("go
// help packages", "File Types" in go/build).
func isSource(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || strings.HasSuffix(name, "_test.go") {
		return false
	}
	switch path.Ext(name) {
	case ".go", ".s", ".S", ".sx", ".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".m", ".f", ".F", ".for", ".f90",
		".swig", ".swigcxx", ".syso":
		return true
	}
	return false
}

// isTemporary reports whether the name is one that an editor uses while it saves: Vim, Emacs,
// JetBrains', gedit.
func isTemporary(name string) bool {
	switch path.Ext(name) {
	case ".swp", ".swx", ".swo", ".tmp":
		return true
	}
	return name == "4913" || strings.HasSuffix(name, "~") || strings.HasPrefix(name, ".#") ||
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") ||
		strings.Contains(name, "___jb_") || strings.HasPrefix(name, ".goutputstream-")
}

// changedSince reports whether one of the directory's files that concern the service is newer than
// t. It is asked for directories that were not watched at that time.
func (in *inputs) changedSince(dir string, t time.Time) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && info.Mode().IsRegular() && info.ModTime().After(t) && in.concerns(change{path: filepath.Join(dir, e.Name())}) {
			return true
		}
	}
	return false
}

// nearest is the innermost directory on the way to dir that exists.
func nearest(dir string, stat func(string) (fs.FileInfo, error)) string {
	for {
		if info, err := stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dir
		}
		dir = parent
	}
}
