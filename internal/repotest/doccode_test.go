package repotest

import (
	"go/ast"
	"go/doc/comment"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docVars are what code in documentation may use without declaring it.
const docVars = `ctx context.Context, t *testing.T, logger *slog.Logger, cmd *exec.Cmd, config *string, host string, cfg any,
	mux *http.ServeMux, server, srv *http.Server, l *listen.Listener, service *svcx.Service,
	options inspect.Options, fetch, deliver func(context.Context) error`

var (
	goLike   = regexp.MustCompile(`(?m):=|^\s*(func|return)\b|err != nil`)
	elided   = regexp.MustCompile(`(?m)^\s*(…|\.\.\.)$`)
	stdlib   = map[string]string{"http": "net/http", "slog": "log/slog", "json": "encoding/json", "exec": "os/exec"}
	harmless = regexp.MustCompile(`^declared and not used|^missing return$`)
)

// TestDocCode compiles the code in the documentation of every package, its names and their fields:
// what a reader copies from there.
func TestDocCode(t *testing.T) {
	needGo(t)
	pkgs := typeCheck(t, "linux")
	blocks := 0
	for path, p := range documented(t) {
		for name, text := range comments(p) {
			for _, block := range p.Parser().Parse(text).Content {
				code, ok := block.(*comment.Code)
				if !ok || !goLike.MatchString(code.Text) {
					continue
				}
				blocks++
				for _, err := range compileDoc(t, pkgs, code.Text) {
					assert.Fail(t, "code in the documentation does not compile", "%s.%s: %v in\n%s", path, name, err, code.Text)
				}
			}
		}
	}
	assert.Greater(t, blocks, 10)
}

// TestDocCodeFindsErrors: the test above is not one that takes everything.
func TestDocCodeFindsErrors(t *testing.T) {
	needGo(t)
	pkgs := typeCheck(t, "linux")
	for code, want := range map[string]string{
		"l, err := listen.Dual(80)":                          "cannot use 80",
		"err := listen.Bind()":                               "undefined: listen.Bind",
		"h, err := eventx.NewHandler(name, nil)":             "undefined: name",
		"if err := pathx.Writable(`x`); err != nil {":        "expected",
		"func main() {\n\terr := procx.NewGroup(ctx)\n}":     "undefined: ctx",
		"return svcx.Serve(ctx, server.Serve, server.Close)": "cannot use server.Serve",
	} {
		errs := compileDoc(t, pkgs, code)
		if assert.NotEmpty(t, errs, code) {
			assert.ErrorContains(t, errs[0], want, code)
		}
	}
	assert.Empty(t, compileDoc(t, pkgs, "l, err := listen.Dual(`:80`)\n…\nreturn err"))
}

// compileDoc returns what the compiler has against a declaration, or against statements in a
// function that returns an error.
func compileDoc(t *testing.T, pkgs map[string]*types.Package, code string) (errs []error) {
	t.Helper()
	code = elided.ReplaceAllString(code, "")
	fset := token.NewFileSet()
	body := code
	if _, err := parser.ParseFile(fset, "doc.go", "package p\n"+code, parser.SkipObjectResolution); err != nil {
		body = "func _(" + docVars + ") error {\n{\n" + code + "\n}\nreturn nil\n}"
	}
	file, err := parser.ParseFile(fset, "doc.go", "package p\n"+body, parser.SkipObjectResolution)
	if err != nil {
		return []error{err}
	}
	source := "package p\n"
	for _, name := range qualifiers(file) {
		if at := importOf(pkgs, name); at != "" {
			source += "import \"" + at + "\"\n"
		}
	}
	file, err = parser.ParseFile(fset, "doc.go", source+body, parser.SkipObjectResolution)
	require.NoError(t, err)
	conf := types.Config{
		Importer: importerFunc(func(path string) (*types.Package, error) {
			if pkg := pkgs[path]; pkg != nil {
				return pkg, nil
			}
			return importer.ForCompiler(fset, "source", nil).Import(path) // expvar, which this module does not link
		}),
		Error: func(err error) {
			if !harmless.MatchString(err.(types.Error).Msg) {
				errs = append(errs, err)
			}
		},
	}
	conf.Check("p", fset, []*ast.File{file}, nil) // its error is the first that Error got
	return errs
}

// qualifiers returns the names before a dot that may be packages'.
func qualifiers(file *ast.File) (names []string) {
	seen := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && !seen[id.Name] {
				seen[id.Name] = true
				names = append(names, id.Name)
			}
		}
		return true
	})
	return names
}

// importOf returns the import path of a package that goes by that name: one of this module, or of
// the standard library.
func importOf(pkgs map[string]*types.Package, name string) string {
	for at := range pkgs {
		below, ours := strings.CutPrefix(at, module+"/")
		if ours && isPublic(below) && !strings.HasPrefix(below, "examples/") && path.Base(at) == name {
			return at
		}
	}
	if at := stdlib[name]; at != "" {
		return at
	}
	for _, at := range []string{"context", "errors", "expvar", "fmt", "io", "log", "net", "os", "strings", "testing", "time"} {
		if at == name {
			return at
		}
	}
	return ""
}
