package doctor

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestCutFrom edits a file of go env -w, which may be a link.
func TestCutFrom(t *testing.T) {
	testenv.NeedWindows(t, "has a findstr without /v")
	for _, shell := range shells() {
		for text, want := range map[string]string{
			"GOFLAGS=-v\nGOROOT=/x\n# GOROOT=\nNOT_GOROOT=世界\n": "GOFLAGS=-v\n# GOROOT=\nNOT_GOROOT=世界\n",
			"GOROOT=/x\n":  "",
			"GOFLAGS=-v\n": "GOFLAGS=-v\n",
		} {
			file := filepath.Join(newPerson(t).home, "env")
			if runtime.GOOS != "windows" {
				require.NoError(t, os.Symlink("dotfiles/go-env", file))
			}
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			fix := cutFrom(file, "GOROOT")
			line := map[string]string{"cmd": fix.Cmd, "powershell": fix.PowerShell, "sh": fix.Sh}[shell]
			out, err := typed(t.Context(), shell, line, testenv.Command(t, "nothing")).CombinedOutput()
			require.NoError(t, err, "%s: %s\n%s", shell, line, out)
			got, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, want, strings.ReplaceAll(string(got), "\r\n", "\n"), "%s: %s", shell, line)
			old, err := os.ReadFile(file + ".bak")
			require.NoError(t, err)
			assert.Equal(t, text, string(old), "it can be undone")
			if runtime.GOOS != "windows" {
				link, err := os.Readlink(file)
				require.NoError(t, err)
				assert.Equal(t, "dotfiles/go-env", link)
			}
		}
	}
}

// TestChangesNothing makes all checks, for a user with everything in place. What Windows PowerShell
// keeps for itself is its own: the profile of its start and a list of modules.
func TestChangesNothing(t *testing.T) {
	needGo(t)
	p := newPerson(t)
	cache := filepath.Join(p.home, "cache")
	for _, dir := range []string{cache, filepath.Join(cache, "00"), filepath.Join(p.home, "gopath", "pkg", "mod", "cache", "download")} {
		require.NoError(t, os.MkdirAll(dir, 0o755))
	}
	writeProxy(t, filepath.Join(p.home, "proxy"))
	require.NoError(t, os.WriteFile(filepath.Join(p.project, "go.mod"), []byte("module m\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n"), 0o644))
	require.NoError(t, os.RemoveAll(filepath.Join(p.home, ".config", "go"))) // so that go would keep counters
	require.NoError(t, os.RemoveAll(filepath.Join(p.home, "Library")))
	env := []string{"GOCACHE=" + cache, "GOPATH=" + filepath.Join(p.home, "gopath"), "GOFLAGS=-mod=mod"}
	before := tree(t, filepath.Dir(p.home))
	p.examine(t, "all", env, "", "")
	assert.Equal(t, before, tree(t, filepath.Dir(p.home)))
}

// tree returns the files below root with their contents, and the directories.
func tree(t *testing.T, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if runtime.GOOS == "windows" && err == nil && d.IsDir() && d.Name() == "Microsoft" {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() {
			files[path] = "directory"
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	}))
	return files
}
