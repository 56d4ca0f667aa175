package pathx

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winpath"
)

func addPaths(f *testing.F) {
	for _, s := range []string{
		`c:`, `c:a`, `C:\foo/bar`, `\windows`, `\\host\share\\foo`, `//host/share/foo`, `\\.\NUL`, `\??\c:\x`, `\\?\c:\x`, // each a kind of path
		`\\?\UNC\host\share\x`, `\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\x`, `\\?\GLOBALROOT\x`, `//../../a`, `\\i\..`,
		"nul", "NUL .txt", "COM¹", "a:b", "a.", "a ", "a\x00", "a/../b", `a\..\..\b`, "...", "世界", "\xff", // each a rule
		"nul:", "a/nul : a", "com2/a", `a\b:c`, "CONOUT$", "conin$.x", "a*b", strings.Repeat("x", 256),
	} {
		f.Add(s)
	}
}

// A valid name creates a file of exactly that name, and Go accepts it on Windows.
func FuzzCheckName(f *testing.F) {
	addPaths(f)
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, name string) {
		if CheckName(name) != nil {
			return
		}
		assert.True(t, filepath.IsLocal(name), "%q", name)
		assert.Equal(t, name, filepath.Base(name))
		assert.True(t, utf8.ValidString(name))
		if testenv.IsWine() && len(name) > 200 {
			return // Unix counts bytes, where Windows counts UTF-16
		}
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, nil, 0o600), "%q", name)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		if runtime.GOOS != "darwin" { // HFS+ has names in another normal form
			assert.Equal(t, name, entries[0].Name())
		}
		require.NoError(t, os.Remove(path))
	})
}

// The joined path is below the root, and its elements are valid names.
func FuzzJoin(f *testing.F) {
	addPaths(f)
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, elem string) {
		got, err := Join(root, elem, "x")
		if err != nil {
			assert.ErrorIs(t, err, ErrName)
			return
		}
		rest, ok := strings.CutPrefix(got, root+string(filepath.Separator))
		require.True(t, ok, "%q is %q", elem, got)
		assert.True(t, filepath.IsLocal(rest), "%q is %q", elem, rest)
		for part := range winpath.Elements(rest) {
			assert.NoError(t, CheckName(part), "%q is %q", elem, rest)
		}
		again, err := Join(root, rest)
		assert.NoError(t, err)
		assert.Equal(t, got, again)
	})
}

// The lexer finds the same volume as Go does on Windows, and never takes a path to a file for a
// device, a stream or a path relative to another drive's current directory.
func FuzzLexVolume(f *testing.F) {
	addPaths(f)
	f.Fuzz(func(t *testing.T, path string) {
		kind, n := winpath.Volume(path)
		require.LessOrEqual(t, n, len(path))
		if kind == winpath.Relative || kind == winpath.Rooted {
			assert.Zero(t, n)
		}
		err := checkOpenable("windows", path)
		if err == nil {
			assert.NotContains(t, path[n:], ":")
			assert.Contains(t, []winpath.Kind{winpath.Relative, winpath.Rooted, winpath.Drive, winpath.UNC, winpath.Verbatim}, kind)
		}
		if runtime.GOOS == "windows" {
			old := filepath.VolumeName(path)
			if isGo127(runtime.Version()) || !volumeChanged(path, old) {
				assert.Equal(t, old, strings.ReplaceAll(path[:n], "/", `\`), "%q", path)
			}
			if err == nil {
				assert.Equal(t, kind != winpath.Relative && kind != winpath.Rooted, filepath.IsAbs(path), "%q", path)
			}
		}
	})
}
