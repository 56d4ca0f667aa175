package pathx

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/version"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/winpath"
)

// goTable returns the rows of a table in the tests of Go's path/filepath: the text of each string
// and of each true or false. release is the Go release that the table comes from, such as
// "go1.27.3".
func goTable(t *testing.T, table string) (release string, rows [][]string) {
	t.Helper()
	out, err := exec.Command("go", "env", "GOVERSION", "GOROOT").Output()
	if err != nil {
		t.Skipf("needs Go's source: %v", err)
	}
	release, root, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	source := filepath.Join(strings.TrimSpace(root), "src", "path", "filepath", "path_test.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Skipf("needs Go's source: %v", err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != table {
			return true
		}
		for _, row := range spec.Values[0].(*ast.CompositeLit).Elts {
			var cells []string
			for _, cell := range row.(*ast.CompositeLit).Elts {
				switch cell := cell.(type) {
				case *ast.BasicLit:
					s, err := strconv.Unquote(cell.Value)
					require.NoError(t, err)
					cells = append(cells, s)
				case *ast.Ident:
					cells = append(cells, cell.Name)
				}
			}
			rows = append(rows, cells)
		}
		return false
	})
	require.NotEmpty(t, rows, "no table %s in %s", table, source)
	return strings.TrimSpace(release), rows
}

// volumeChanged reports whether Go 1.27 returns another volume for path (golang.org/issue/58451).
// It does for a ".." that stands for a server, share or device, and for a server and share after
// \\?\UNC or \??\UNC. old is the result of older releases.
func volumeChanged(path, old string) bool {
	return slices.Contains(slices.Collect(winpath.Elements(old)), "..") ||
		strings.EqualFold(old, `\\?\UNC`) && len(path) > len(old) || strings.EqualFold(old, `\??\UNC`) && len(path) > len(old)
}

func TestLexVolumeAgainstGo(t *testing.T) {
	release, rows := goTable(t, "volumenametests")
	for _, row := range rows {
		_, n := winpath.Volume(row[0])
		if !isGo127(release) && volumeChanged(row[0], row[1]) {
			assert.NotEqual(t, row[1], strings.ReplaceAll(row[0][:n], "/", `\`), "%q in the table of %s", row[0], release)
			continue
		}
		assert.Equal(t, row[1], strings.ReplaceAll(row[0][:n], "/", `\`), "%q in the table of %s", row[0], release)
	}
}

// isGo127 reports whether a release has the volumes of Go 1.27. A development version is not older.
func isGo127(release string) bool {
	return !version.IsValid(release) || version.Compare(release, "go1.27rc1") >= 0
}

// Join rejects every path that Go considers non-local or a device, and accepts every path that Go
// considers local, except for names that only some Windows versions accept.
func TestJoinAgainstGo(t *testing.T) {
	for _, table := range []string{"islocaltests", "winislocaltests"} {
		release, rows := goTable(t, table)
		for _, row := range rows {
			path, local := row[0], row[1] == "true"
			got, err := Join("root", path)
			switch {
			case path == "": // nothing to join
			case !local:
				assert.ErrorIs(t, err, ErrName, "%q in the table of %s", path, release)
			case err == nil:
				assert.True(t, got == "root" || strings.HasPrefix(got, "root"+string(filepath.Separator)), "%q is %q, by the table of %s", path, got, release)
			default:
				last := path[len(path)-1]
				assert.True(t, winpath.IsReserved(path) || last == ' ' || last == '.', "%q: %v, by the table of %s", path, err, release)
			}
		}
	}
	release, rows := goTable(t, "winlocalizetests")
	for _, row := range rows {
		if _, err := Join("root", row[0]); row[1] == "" && !strings.Contains(row[0], `\`) { // for Localize, \ is a character
			assert.ErrorIs(t, err, ErrName, "%q in the table of %s", row[0], release)
		} else {
			assert.NoError(t, err, "%q in the table of %s", row[0], release)
		}
	}
}
