package repotest

import (
	"fmt"
	"go/version"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	releasesLine = regexp.MustCompile(`(?m)^RELEASES="(\S+) (\S+)"`)
	matrixLine   = regexp.MustCompile(`(?m)^ +go: \["([^"]+)", "([^"]+)"\]$`)
	setUpLine    = regexp.MustCompile(`(?m)^ +go-version: (.+)$`)
	goLine       = regexp.MustCompile(`(?m)^go (\S+)$`)
)

// TestReleases compares the places that name the two releases of Go: .ci/run names them in full,
// the others by their language versions.
func TestReleases(t *testing.T) {
	files := map[string]string{".ci/run": read(t, ".ci/run"), "README.md": read(t, "README.md"), "README.zh-CN.md": read(t, "README.zh-CN.md")}
	for _, pattern := range []string{".github/workflows/*.yml", "go.mod", "internal/*/go.mod", "internal/adopt/programs/*/go.mod", "examples/*/go.mod"} {
		names, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, names, pattern)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			rel, err := filepath.Rel(root(t), name)
			require.NoError(t, err)
			files[filepath.ToSlash(rel)] = string(text)
		}
	}
	assert.Empty(t, releaseProblems(files))

	for name, change := range map[string][2]string{
		".ci/run":                        {`RELEASES="1.2`, `RELEASES="1.1`},
		".github/workflows/test.yml":     {`go: ["1.`, `go: ["2.`},
		".github/workflows/security.yml": {`go-version: "1.`, `go-version: "2.`},
		".github/workflows/release.yml":  {`go-version: "1.`, `go-version: "2.`},
		"README.md":                      {"Go 1.", "Go 2."},
		"README.zh-CN.md":                {"Go 1.", "Go 2."},
		"go.mod":                         {"go 1.", "go 2."},
		"examples/dev/go.mod":            {"go 1.", "go 2."},
		"examples/devloop/go.mod":        {"go 1.", "go 2."},
		"internal/bench/go.mod":          {"go 1.", "go 2."},
		"internal/checks/go.mod":         {"go 1.", "go 2."},
	} {
		changed := maps.Clone(files)
		changed[name] = strings.ReplaceAll(files[name], change[0], change[1])
		assert.NotEqual(t, files[name], changed[name], "%s has no %q", name, change[0])
		assert.NotEmpty(t, releaseProblems(changed), "%s with %q is as good", name, change[1])
	}
}

// TestWorkflowShells: in MSYS's bash, tests on Windows have rights that users don't.
func TestWorkflowShells(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(root(t), ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "shell: bash", name)
	}
}

// releaseProblems returns a line for each of files that names other releases than .ci/run.
func releaseProblems(files map[string]string) (problems []string) {
	add := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	m := releasesLine.FindStringSubmatch(files[".ci/run"])
	if m == nil {
		return []string{".ci/run: no RELEASES of the form " + releasesLine.String()}
	}
	if version.Compare("go"+m[1], "go"+m[2]) <= 0 {
		add(".ci/run: %s is not newer than %s", m[1], m[2])
	}
	newer, older := minor(m[1]), minor(m[2])
	matrices := 0
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := files[name]
		switch {
		case strings.HasSuffix(name, ".yml"):
			for _, m := range matrixLine.FindAllStringSubmatch(text, -1) {
				if matrices++; m[1] != newer || m[2] != older {
					add("%s: the matrix has Go %s and %s, not %s and %s", name, m[1], m[2], newer, older)
				}
			}
			for _, m := range setUpLine.FindAllStringSubmatch(text, -1) {
				if m[1] != "${{ matrix.go }}" && m[1] != `"`+newer+`"` {
					add("%s: go-version is %s, not %q", name, m[1], newer)
				}
			}
		case strings.HasSuffix(name, "go.mod"):
			if m := goLine.FindStringSubmatch(text); m == nil || minor(m[1]) != older {
				add("%s: the go line is %v, not that of Go %s", name, m, older)
			}
		case name == "README.md":
			if want := "Go " + newer + " and " + older; !strings.Contains(text, want) {
				add("%s: does not say %q", name, want)
			}
		case name == "README.zh-CN.md":
			if want := "Go " + newer + " 和 " + older; !strings.Contains(text, want) {
				add("%s: does not say %q", name, want)
			}
		}
	}
	if matrices != 1 {
		add("the workflows have %d matrices of Go releases", matrices)
	}
	return problems
}

// minor returns "1.27" for "1.27.3".
func minor(release string) string { return strings.TrimPrefix(version.Lang("go"+release), "go") }
