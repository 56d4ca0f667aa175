package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"unicode/utf8"
)

// slots is the minimum number of temporary files that a sweep looks for. A writer takes the first
// free one, so there are as many as there have been concurrent writers.
const slots = 8

// manySlots is the number of names in use after which a writer takes a random one, which no sweep
// finds.
const manySlots = 256

// temps are the temporary files of one target.
type temps struct {
	root   *os.Root
	prefix string
}

// tempsOf returns the temporary files of base. Their names begin with a dot and are short enough
// for the suffix.
func tempsOf(root *os.Root, base string) temps {
	const longest = 200 // bytes
	if len(base) > longest {
		n := longest
		for n > 0 && !utf8.RuneStart(base[n]) {
			n--
		}
		base = base[:n]
	}
	return temps{root, "." + base + ".pathx-"}
}

func (t temps) name(slot int) string { return t.prefix + strconv.Itoa(slot) }

func (t temps) path(slot int) string { return filepath.Join(t.root.Name(), t.name(slot)) }

// aside returns a name that an old file may have while it is replaced on a file system that has no
// atomic renames.
func (t temps) aside(n int) string { return t.prefix + "old" + strconv.Itoa(n) }

// A temp is a temporary file that is being written.
type temp struct {
	*os.File
	name string
	path string // in held; "": not held
}

// create creates a temporary file and locks it. The caller releases it. If a sweep of another
// process removes the file before it is locked, create creates another one.
func (t temps) create(perm fs.FileMode, old *original) (*temp, error) {
	for slot := range manySlots {
		name, path := t.name(slot), t.path(slot)
		if !hold(path) {
			continue
		}
		f, err := t.createNamed(name, perm, old)
		if errors.Is(err, fs.ErrExist) && t.reclaim(name) {
			f, err = t.createNamed(name, perm, old)
		}
		if err == nil {
			return &temp{f, name, path}, nil
		}
		release(path)
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	name := fmt.Sprintf("%s%08x", t.prefix, rand.Uint32())
	f, err := t.createNamed(name, perm, old)
	if err != nil {
		return nil, err
	}
	return &temp{f, name, ""}, nil
}

// held are the temporary files of this process, whose locks need not be tried.
var held struct {
	sync.Mutex
	paths map[string]bool
}

// hold reports whether no other writer of this process holds the path, and then holds it.
func hold(path string) bool {
	held.Lock()
	defer held.Unlock()
	if held.paths[path] {
		return false
	}
	if held.paths == nil {
		held.paths = map[string]bool{}
	}
	held.paths[path] = true
	return true
}

func release(path string) {
	held.Lock()
	defer held.Unlock()
	delete(held.paths, path)
}

// createNamed creates one temporary file and locks it. It returns fs.ErrExist if the file exists,
// or if another writer has removed it before it was locked.
func (t temps) createNamed(name string, perm fs.FileMode, old *original) (*os.File, error) {
	f, err := createFile(t.root, name, perm, old)
	if err != nil {
		return nil, err
	}
	switch err := lockFile(f); {
	case err == nil && t.isLinked(name, f):
		return f, nil
	case err != nil && !errors.Is(err, errLocked):
		return f, nil // no locks here: no process sweeps either
	}
	f.Close()
	return nil, fs.ErrExist
}

func (t temps) isLinked(name string, f *os.File) bool {
	there, err1 := t.root.Lstat(name)
	here, err2 := f.Stat()
	return err1 == nil && err2 == nil && os.SameFile(there, here)
}

// errLocked means that another handle has the lock.
var errLocked = errors.New("locked")

// sweeping keeps to one sweep at a time.
var sweeping sync.Mutex

// sweep removes the files of dead writers. Errors are ignored: the clean-up is best effort.
func (t temps) sweep() {
	if !sweeping.TryLock() {
		return // of many writers at once, one sweeps
	}
	defer sweeping.Unlock()
	for slot := 0; ; slot++ {
		if hold(t.path(slot)) {
			removed := t.reclaim(t.name(slot))
			release(t.path(slot))
			if !removed && slot >= slots {
				break
			}
		}
	}
	if !setsAside {
		return
	}
	for n := range slots {
		if fi, err := t.root.Lstat(t.aside(n)); err == nil && fi.Mode().IsRegular() {
			t.root.Remove(t.aside(n))
		}
	}
}

// reclaim removes the temporary file of that name, which is not one of this process, if its writer
// has died, and reports whether it did.
func (t temps) reclaim(name string) bool {
	if fi, err := t.root.Lstat(name); err != nil || !fi.Mode().IsRegular() {
		return false
	}
	f, err := t.root.OpenFile(name, sweepFlags, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	return lockFile(f) == nil && t.isLinked(name, f) && t.root.Remove(name) == nil
}
