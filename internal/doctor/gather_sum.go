package doctor

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// sumBudget is how long modules are read for, so that a check that reads hundreds of megabytes does
// not hold up the report.
const sumBudget = 400 * time.Millisecond

func gatherSum(ctx context.Context, in *inquiry) (*SumFacts, error) {
	s := &SumFacts{Module: moduleOf(in.Dir, "go.mod")}
	if s.Module == "" {
		return s, nil
	}
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	mod, err := os.ReadFile(filepath.Join(s.Module, "go.mod"))
	if err != nil {
		return nil, err
	}
	m := parseMod(string(mod))
	file := filepath.Join(s.Module, "go.sum")
	sum, _ := os.ReadFile(file) // a module that requires nothing has none
	entries, bad, merge := parseSum(file, string(sum))
	s.Conflicts, s.Merge = bad, merge
	vendored := isDir(filepath.Join(s.Module, "vendor")) && !strings.Contains(env.vars["GOFLAGS"], "-mod=mod")
	if vendored {
		return s, nil // neither go.sum nor the module cache is used
	}
	if s.Conflicts == nil && !strings.Contains(env.vars["GOFLAGS"], "-mod=mod") && moduleOf(in.Dir, "go.work") == "" {
		s.findLacking(ctx, in.Dir, m, entries)
	}
	s.readModules(env.vars["GOMODCACHE"], m, entries)
	return s, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// findLacking finds modules without an entry in go.sum. One that only pins a version needs none, so
// go is asked whether a build needs them, but only if there are any.
func (s *SumFacts) findLacking(ctx context.Context, dir string, m ModFile, entries map[string]string) {
	var lacks []string
	for _, required := range m.Require {
		v, summed := m.replaced(required)
		if summed && (entries[v.Path+" "+v.Version] == "" || entries[v.Path+" "+v.Version+"/go.mod"] == "") {
			lacks = append(lacks, v.Path+" "+v.Version)
		}
	}
	if lacks == nil {
		return
	}
	_, err := run(ctx, dir, append([]string{"GOFLAGS=-mod=readonly", "GO111MODULE="}, offline...), "go", "list", "-deps", "-f", ".", "./...")
	switch said := message(err); {
	case strings.Contains(said, "missing go.sum entry"):
		s.Lacks = lacks
	case err != nil:
		s.Maybe = lacks
	}
}

// download is a required module's place in the module cache.
type download struct {
	module, hash string // hash: that in the cache
	zip, dir     string
	prefix       string
	suspect      bool
}

// readModules compares go.sum with the module cache, and what is in that with what was downloaded.
// It does what go mod verify does, within a budget: first those modules that have files that are
// newer than they should be.
func (s *SumFacts) readModules(cache string, m ModFile, entries map[string]string) {
	var modules []download
	for _, required := range m.Require {
		v, summed := m.replaced(required)
		if !summed {
			continue
		}
		at := filepath.Join(cache, "cache", "download", filepath.FromSlash(escapeModule(v.Path)), "@v", escapeModule(v.Version))
		if _, err := os.Stat(at + ".mod"); err != nil && !required.Indirect {
			s.Missing = append(s.Missing, v.Path+" "+v.Version)
		}
		hash, err := os.ReadFile(at + ".ziphash")
		if err != nil {
			continue // it is not downloaded, and need not be
		}
		d := download{module: v.Path + " " + v.Version, hash: strings.TrimSpace(string(hash)), zip: at + ".zip", prefix: v.Path + "@" + v.Version,
			dir: filepath.Join(cache, filepath.FromSlash(escapeModule(v.Path))+"@"+escapeModule(v.Version))}
		if want := entries[d.module]; want != "" && want != d.hash {
			s.Mismatched = append(s.Mismatched, d.module)
			continue
		}
		if isDir(d.dir) {
			modules = append(modules, d)
		}
	}
	s.Of = len(modules)
	goOn := within(sumBudget / 2)
	each(modules, func(d *download) { d.suspect = goOn() && d.touched() })
	slices.SortStableFunc(modules, func(a, b download) int {
		switch {
		case a.suspect == b.suspect:
			return 0
		case a.suspect:
			return -1
		}
		return 1
	})
	goOn = within(sumBudget)
	var mu sync.Mutex
	each(modules, func(d *download) {
		if !goOn() {
			return
		}
		hash, err := hashDir(d.dir, d.prefix, goOn)
		mu.Lock()
		defer mu.Unlock()
		if err == nil {
			s.Looked++
			if hash != d.hash {
				s.Modified = append(s.Modified, Changed{d.module, d.dir})
			}
		}
	})
	slices.SortFunc(s.Modified, func(a, b Changed) int { return strings.Compare(a.Module, b.Module) })
}

// within returns a function that reports whether there is time left.
func within(budget time.Duration) func() bool {
	until := time.Now().Add(budget)
	return func() bool { return time.Now().Before(until) }
}

// touched reports whether a file was written well after its module was downloaded.
func (d *download) touched() bool {
	const unpacking = time.Minute
	info, err := os.Stat(strings.TrimSuffix(d.zip, ".zip") + ".ziphash")
	if err != nil {
		return false
	}
	late := false
	filepath.WalkDir(d.dir, func(_ string, e fs.DirEntry, err error) error {
		if file, infoErr := infoOf(e); err == nil && infoErr == nil && !e.IsDir() && file.ModTime().After(info.ModTime().Add(unpacking)) {
			late = true
			return filepath.SkipAll
		}
		return nil
	})
	return late
}

// each calls f for all of s, some at a time and the first ones first.
func each[T any](s []T, f func(*T)) {
	const atOnce = 4
	var next atomic.Int64
	var wg sync.WaitGroup
	for range atOnce {
		wg.Go(func() {
			for i := next.Add(1) - 1; int(i) < len(s); i = next.Add(1) - 1 {
				f(&s[i])
			}
		})
	}
	wg.Wait()
}
