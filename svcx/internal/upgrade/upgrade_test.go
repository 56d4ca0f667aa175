package upgrade

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// files creates an installed program and a new one.
func files(t *testing.T) (f *Files, exe, program string) {
	t.Helper()
	dir := t.TempDir()
	exe, program = filepath.Join(dir, "orders.exe"), filepath.Join(dir, "download")
	require.NoError(t, os.WriteFile(exe, []byte("#!old"), 0o755))
	require.NoError(t, os.WriteFile(program, []byte("#!new"), 0o600))
	locked, err := Lock(exe)
	require.NoError(t, err)
	t.Cleanup(locked.Unlock)
	return &locked, exe, program
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(text)
}

func TestUpgrade(t *testing.T) {
	f, exe, program := files(t)
	assert.False(t, Interrupted(exe))
	require.NoError(t, f.Stage(program))
	assert.True(t, Interrupted(exe))
	assert.Equal(t, "#!old", content(t, exe))
	require.NoError(t, f.Swap())
	assert.Equal(t, "#!new", content(t, exe))
	if filepath.Separator == '/' {
		fi, err := os.Stat(exe)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o755), fi.Mode().Perm())
	}
	require.NoError(t, f.Back())
	assert.Equal(t, "#!old", content(t, exe))
	require.NoError(t, f.Done())
	assert.False(t, Interrupted(exe))
	assert.Equal(t, "#!new", content(t, program), "the file that was given stays")
}

// TestRecover recovers from an upgrade killed after each of its steps.
func TestRecover(t *testing.T) {
	for _, c := range []struct {
		name    string
		steps   func(f *Files, program string) error
		running bool
		want    string
	}{
		{"staged", func(f *Files, p string) error { return f.Stage(p) }, true, "#!old"},
		{"half staged", func(f *Files, p string) error { return os.WriteFile(f.staged, []byte("#"), 0o700) }, false, "#!old"},
		{"half a copy of the old one", func(f *Files, p string) error {
			return errors.Join(f.Stage(p), os.WriteFile(f.old, []byte("#"), 0o700))
		}, false, "#!old"},
		{"the new one runs", func(f *Files, p string) error { return errors.Join(f.Stage(p), f.Swap()) }, true, "#!new"},
		{"the new one does not run", func(f *Files, p string) error { return errors.Join(f.Stage(p), f.Swap()) }, false, "#!old"},
		{"put back", func(f *Files, p string) error { return errors.Join(f.Stage(p), f.Swap(), f.Back()) }, false, "#!old"},
		{"between two renames", func(f *Files, p string) error {
			return errors.Join(f.Stage(p), f.keepOld(), os.Rename(f.exe, f.aside))
		}, false, "#!old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, exe, program := files(t)
			require.NoError(t, c.steps(f, program))
			require.NoError(t, f.Recover(c.running))
			assert.Equal(t, c.want, content(t, exe))
			assert.False(t, Interrupted(exe), "nothing is left")
		})
	}
}

func TestStageErrors(t *testing.T) {
	f, exe, program := files(t)
	assert.ErrorContains(t, f.Stage(exe), "is the program that is installed")
	alias := filepath.Join(t.TempDir(), filepath.Base(exe))
	require.NoError(t, os.Link(exe, alias))
	assert.ErrorContains(t, f.Stage(alias), "is the program that is installed", "under another name, too")
	assert.ErrorContains(t, f.Stage(filepath.Dir(exe)), "not a regular file")
	assert.ErrorIs(t, f.Stage(exe+"x"), fs.ErrNotExist)
	require.NoError(t, os.WriteFile(program, []byte("<html>not found</html>"), 0o755))
	assert.ErrorContains(t, f.Stage(program), "it is not a program of this system, and the installed one is a script")
	_, err := Lock(exe)
	assert.ErrorIs(t, err, ErrBusy)
	assert.False(t, Interrupted(exe))
}

func TestFormat(t *testing.T) {
	pe := func(machine byte, more byte) []byte {
		head := append([]byte("MZ"), make([]byte, 126)...)
		head[60] = 64
		copy(head[64:], "PE\x00\x00")
		head[68], head[69] = machine, more
		return head
	}
	for want, head := range map[string][]byte{
		"PE for amd64":                  pe(0x64, 0x86),
		"PE for arm64":                  pe(0x64, 0xaa),
		"ELF64 for amd64":               append([]byte("\x7fELF\x02\x01\x01"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0),
		"ELF32 for arm":                 append([]byte("\x7fELF\x01\x01\x01"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 40, 0),
		"ELF64 for processor 0x16":      append([]byte("\x7fELF\x02\x02\x01"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 22),
		"Mach-O for arm64":              {0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1},
		"Mach-O for several processors": {0xca, 0xfe, 0xba, 0xbe},
		"a script":                      []byte("#!/bin/sh"),
		"":                              []byte("MZ"),
	} {
		assert.Equal(t, want, format(head))
	}
	assert.Empty(t, format(nil))
	far := pe(0x64, 0x86)
	far[63] = 0xff
	assert.Empty(t, format(far))
	self, err := os.Executable()
	require.NoError(t, err)
	is, err := formatOf(self)
	require.NoError(t, err)
	assert.NotEmpty(t, is)
}
