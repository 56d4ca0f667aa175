package svcx

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// transaction undoes what an installation has done when a later step fails.
type transaction struct{ undo []func() error }

func (t *transaction) onUndo(f func() error) { t.undo = append(t.undo, f) }

// end returns err; if it is one, after everything was undone, the last first.
func (t *transaction) end(err error) error {
	if err == nil {
		return nil
	}
	for _, undo := range slices.Backward(t.undo) {
		err = errors.Join(err, undo())
	}
	return err
}

// writeFile makes data a file's content and returns what it was before. The
// file changes as a whole or not at all.
func (t *transaction) writeFile(name string, data []byte) (old []byte, err error) {
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
		t.onUndo(func() error { return removeFile(name) })
	default:
		t.onUndo(func() error { return replaceFile(name, old) })
	}
	return old, replaceFile(name, data)
}

func replaceFile(name string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".svcx-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // once it is renamed, of no effect
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// removeFile is os.Remove, and content if there is no file.
func removeFile(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// changedLines says which lines a file lost (-) and got (+); one word for a new
// file.
func changedLines(old, now string) (changed []string) {
	if old == now {
		return nil
	}
	if old == "" {
		return []string{"created"}
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
		return []string{"lines moved"}
	}
	return changed
}

// afterInstall calls the hook.
func (s *Service) afterInstall(ctx context.Context) error {
	if s.OnInstall == nil {
		return nil
	}
	if err := s.OnInstall(ctx); err != nil {
		return s.fail("install", nil, err, "OnInstall failed")
	}
	return nil
}
