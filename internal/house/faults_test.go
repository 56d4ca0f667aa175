package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaults: every test that the table of faults names is there.
func TestFaults(t *testing.T) {
	text, err := os.ReadFile("faults.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`")
	tests := map[string]map[string]bool{} // by package
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| **") {
			continue
		}
		rows++
		cells := strings.Split(line, " | ")
		require.Len(t, cells, 3, line)
		names := named.FindAllStringSubmatch(cells[2], -1)
		assert.NotEmpty(t, names, "no test shows %s", cells[0])
		assert.Equal(t, strings.Count(cells[2], "`"), 2*len(names), "of %s something else stands among the tests", cells[0])
		for _, name := range names {
			pkg := name[1]
			if tests[pkg] == nil {
				tests[pkg] = testsOf(t, pkg)
			}
			assert.True(t, tests[pkg][name[2]], "%s is no test of %s", name[2], pkg)
		}
	}
	assert.GreaterOrEqual(t, rows, 13)
}

// testsOf returns the tests of a package, whatever system they are for.
func testsOf(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pkg), "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, pkg)
	tests := map[string]bool{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				tests[f.Name.Name] = true
			}
		}
	}
	return tests
}
