package main

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const library, release = "github.com/surefoot-go/surefoot", "v0.9.0"

// TestRelease follows what CONTRIBUTING.md says on a copy of this module, with a proxy that has the
// library's release: what is tagged then has no replace, and builds.
func TestRelease(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds without a cache of modules")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here: ", err)
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	guide, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(guide), "\n## Releases\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")

	dir, cache := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(".")))
	env := append(os.Environ(), "GOFLAGS=-modcacherw", "GOWORK=off", "GOMODCACHE="+cache, "GONOSUMDB="+library, "GOPROXY="+proxies(t, root))
	run := func(words ...string) {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%q: %s", words, out)
	}
	before, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	require.Contains(t, string(before), "replace "+library+" => ", "in the repository there is one")
	lines := 0
	for line := range strings.Lines(section) {
		if command, ok := strings.CutPrefix(strings.TrimSpace(line), "go mod "); ok && strings.HasPrefix(line, "    ") {
			lines++
			run(append([]string{"go", "mod"}, strings.Fields(command)...)...)
		}
	}
	assert.Equal(t, 2, lines)
	after, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	require.NoError(t, err)
	assert.NotContains(t, string(after), "replace")
	assert.Contains(t, string(after), library+" "+release)
	run("go", "build", "-o", filepath.Join(dir, "dev.exe"), ".")
}

// proxies are one that has the release of the library, the machine's cache of modules, and the
// machine's own.
func proxies(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, filepath.FromSlash(library), "@v")
	require.NoError(t, os.MkdirAll(at, 0o755))
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"list": []byte(release + "\n"), release + ".info": []byte(`{"Version": "` + release + `"}`), release + ".mod": mod, release + ".zip": moduleZip(t, root),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(at, name), data, 0o644))
	}
	out, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	require.NoError(t, err)
	cache, proxy, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	url := func(dir string) string { return "file://" + "/" + strings.TrimPrefix(filepath.ToSlash(dir), "/") }
	return url(dir) + "," + url(filepath.Join(strings.TrimSpace(cache), "cache", "download")) + "," + strings.TrimSpace(proxy)
}

// moduleZip is the library as a proxy has it: without its nested modules.
func moduleZip(t *testing.T, root string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	require.NoError(t, filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, file)
		if err != nil || rel == "." {
			return err
		}
		if d.IsDir() {
			_, err := os.Stat(filepath.Join(file, "go.mod"))
			if err == nil || strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		entry, err := w.Create(library + "@" + release + "/" + filepath.ToSlash(rel))
		if err != nil {
			return err
		}
		_, err = entry.Write(data)
		return err
	}))
	require.NoError(t, w.Close())
	return b.Bytes()
}
