package loop

import (
	"io/fs"
	"iter"
	"path/filepath"
	"strings"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
)

// A globSet holds the globs of a service: those of the files that it reads, and those of the steps
// before its build.
type globSet struct {
	root  string
	watch []string
	steps [][]string
}

func newGlobSet(svc Service) globSet {
	g := globSet{root: svc.Root, watch: svc.Watch}
	for _, step := range svc.Before {
		g.steps = append(g.steps, step.Watch)
	}
	return g
}

// concerns reports whether the service must be restarted after a change of the file, and which
// steps must run.
func (g globSet) concerns(file string) (restart bool, steps []int) {
	rel, err := filepath.Rel(g.root, file)
	if err != nil || isTemporary(filepath.Base(file)) {
		return false, nil
	}
	name := filepath.ToSlash(rel)
	for i, globs := range g.steps {
		if matchesAny(globs, name) {
			steps = append(steps, i)
		}
	}
	return matchesAny(g.watch, name), steps
}

func matchesAny(globs []string, name string) bool {
	for _, glob := range globs {
		if config.Match(glob, name) {
			return true
		}
	}
	return false
}

// dirs are the directories to watch: those in which the globs can match.
func (g globSet) dirs(yield func(string) bool) {
	for _, globs := range append([][]string{g.watch}, g.steps...) {
		for _, glob := range globs {
			dir, deep := config.GlobDir(glob)
			dir = filepath.Join(g.root, filepath.FromSlash(dir))
			if !deep {
				if !yield(dir) {
					return
				}
				continue
			}
			stop := false
			filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				switch {
				case err != nil:
					return nil
				case !d.IsDir():
					return nil
				case path != dir && skipped(d.Name()):
					return fs.SkipDir
				case !yield(path):
					stop = true
					return fs.SkipAll
				}
				return nil
			})
			if stop {
				return
			}
		}
	}
}

// filesBelow are the files in and below path, if that is a directory which the globs look into.
func (g globSet) filesBelow(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if !g.deepBelow(path) {
			return
		}
		filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil
			case d.IsDir() && file != path && skipped(d.Name()):
				return fs.SkipDir
			case !d.IsDir() && file != path && !yield(file):
				return fs.SkipAll
			}
			return nil
		})
	}
}

// deepBelow reports whether a directory of that name, if it is new, is one to watch.
func (g globSet) deepBelow(path string) bool {
	for _, globs := range append([][]string{g.watch}, g.steps...) {
		for _, glob := range globs {
			dir, deep := config.GlobDir(glob)
			if dir = filepath.Join(g.root, filepath.FromSlash(dir)); path == dir || deep && within(path, dir) && !skipped(filepath.Base(path)) {
				return true
			}
		}
	}
	return false
}

// skipped reports whether globs do not look into directories of that name: they hold much that is
// not edited.
func skipped(name string) bool { return strings.HasPrefix(name, ".") || name == "node_modules" }
