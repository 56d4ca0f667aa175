package spec

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Undo undoes the steps of an installation if a later step fails.
type Undo struct{ steps []func() error }

// Add adds an undo step; the steps run in reverse order.
//
//go:noinline
func (u *Undo) Add(f func() error) { u.steps = append(u.steps, f) }

// End returns err. If err is not nil, End first undoes everything.
func (u *Undo) End(err error) error {
	if err == nil {
		return nil
	}
	for _, step := range slices.Backward(u.steps) {
		err = Join(err, step())
	}
	return err
}

// A Writer writes a file like os.WriteFile. The back ends use atomicfile.Replace, which replaces
// the file as a whole or not at all. It is passed as a Writer because importing package atomicfile
// here would link x/sys/windows into every Windows service.
type Writer func(name string, data []byte, perm fs.FileMode) error

// WriteFile replaces a file's content with data and returns the old content.
func (u *Undo) WriteFile(write Writer, name string, data []byte, perm fs.FileMode) (old []byte, err error) {
	old, err = os.ReadFile(name)
	isNew := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !isNew:
		return nil, err
	case !isNew && bytes.Equal(old, data):
		return old, nil
	case isNew:
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, err
		}
		u.Add(func() error { return RemoveFile(name) })
	default:
		u.Add(func() error { return write(name, old, perm) })
	}
	return old, write(name, data, perm)
}

// RemoveFile is like os.Remove but returns nil if the file does not exist.
func RemoveFile(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// ChangedLines returns the lines removed from (-) and added to (+) a file, or one word for a new
// file.
func ChangedLines(old, now string) (changed []Change) {
	if old == now {
		return nil
	}
	if old == "" {
		return []Change{"created"}
	}
	before, after := strings.Split(old, "\n"), strings.Split(now, "\n")
	for _, line := range before {
		if !slices.Contains(after, line) {
			changed = append(changed, "- "+strings.TrimSpace(line))
		}
	}
	for _, line := range after {
		if !slices.Contains(before, line) {
			changed = append(changed, "+ "+strings.TrimSpace(line))
		}
	}
	if len(changed) == 0 {
		return []Change{"lines moved"}
	}
	return changed
}
