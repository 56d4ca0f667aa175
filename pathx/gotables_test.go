package pathx

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// goTable returns the rows of a table in the tests of Go's path/filepath: the text of
// each string and of each true or false.
func goTable(t *testing.T, table string) [][]string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("needs Go's source: %v", err)
	}
	source := filepath.Join(strings.TrimSpace(string(root)), "src", "path", "filepath", "path_test.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	if err != nil {
		t.Skipf("needs Go's source: %v", err)
	}
	var rows [][]string
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
	return rows
}

func TestLexVolumeAgainstGo(t *testing.T) {
	for _, row := range goTable(t, "volumenametests") {
		_, n := lexVolume(row[0])
		assert.Equal(t, row[1], strings.ReplaceAll(row[0][:n], "/", `\`), "%q", row[0])
	}
}

// What Go takes for a path that leads out or to a device, Join refuses; what it takes
// for local, Join takes, but for the names that only some Windows versions take.
func TestJoinAgainstGo(t *testing.T) {
	for _, table := range []string{"islocaltests", "winislocaltests"} {
		for _, row := range goTable(t, table) {
			path, local := row[0], row[1] == "true"
			got, err := Join("root", path)
			switch {
			case path == "": // nothing to join
			case !local:
				assert.ErrorIs(t, err, ErrName, "%q", path)
			case err == nil:
				assert.True(t, got == "root" || strings.HasPrefix(got, "root"+string(filepath.Separator)), "%q is %q", path, got)
			default:
				last := path[len(path)-1]
				assert.True(t, isReserved(path) || last == ' ' || last == '.', "%q: %v", path, err)
			}
		}
	}
	for _, row := range goTable(t, "winlocalizetests") {
		if _, err := Join("root", row[0]); row[1] == "" && !strings.Contains(row[0], `\`) { // for Localize, \ is a character
			assert.ErrorIs(t, err, ErrName, "%q", row[0])
		} else {
			assert.NoError(t, err, "%q", row[0])
		}
	}
}
