package loop

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestHiddenDirectories: globs do not look into hidden directories and node_modules.
func TestHiddenDirectories(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{".", "a", "a/b", "a/.cache", ".git/refs", "node_modules/x"} {
		save(t, filepath.Join(root, filepath.FromSlash(dir), "x.html"), "")
	}
	at := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(root, filepath.FromSlash(name)))
		}
		return paths
	}
	g := newGlobSet(Service{Root: root, Watch: []string{"**/*.html"}})
	assert.ElementsMatch(t, at(".", "a", "a/b"), slices.Collect(g.dirs))
	assert.ElementsMatch(t, at("a/x.html", "a/b/x.html"), slices.Collect(g.filesBelow(filepath.Join(root, "a"))))
	for _, dir := range at(".git", "node_modules") {
		assert.Empty(t, slices.Collect(g.filesBelow(dir)), dir)
	}
}
