package repotest

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDoc reads the documentation as pkg.go.dev shows it: each package says what it is, each
// exported name has a comment, and each [Name] leads somewhere.
func TestDoc(t *testing.T) {
	needGo(t)
	pkgs := typeCheck(t, "linux")
	for path, p := range documented(t) {
		assert.True(t, strings.HasPrefix(p.Doc, "Package "+p.Name+" "), "%s: %q", path, p.Doc)
		for name, text := range comments(p) {
			assert.NotEmpty(t, text, "%s.%s has no comment", path, name)
			for _, bad := range brokenLinks(pkgs, p, text) {
				assert.Fail(t, "a link that leads nowhere", "%s.%s: [%s]", path, name, bad)
			}
		}
	}
}

// TestExamples: each function stands in an example, which go doc shows.
func TestExamples(t *testing.T) {
	needGo(t)
	for path, p := range documented(t) {
		used := map[string]bool{}
		for _, example := range doc.Examples(testFiles(t, path)...) {
			ast.Inspect(example.Code, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					used[s.Sel.Name] = true
				}
				return true
			})
		}
		funcs := slices.Clone(p.Funcs)
		for _, typ := range p.Types {
			funcs = append(funcs, typ.Funcs...)
		}
		for _, f := range funcs {
			assert.True(t, used[f.Name], "%s.%s is in no example", path, f.Name)
		}
	}
}

// documented returns the documentation of each package that users can import.
func documented(t *testing.T) map[string]*doc.Package {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Dir,GoFiles", "./...")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0") // as pkg.go.dev has it
	out, err := cmd.Output()
	require.NoError(t, err)
	docs := map[string]*doc.Package{}
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var listed struct {
			ImportPath, Name, Dir string
			GoFiles               []string
		}
		require.NoError(t, dec.Decode(&listed))
		path, _ := strings.CutPrefix(listed.ImportPath, module+"/")
		if listed.Name == "main" || !isPublic(path) || len(listed.GoFiles) == 0 {
			continue
		}
		fset := token.NewFileSet()
		docs[path], err = doc.NewFromFiles(fset, parseFiles(t, fset, listed.Dir, listed.GoFiles), listed.ImportPath)
		require.NoError(t, err)
	}
	require.Contains(t, docs, "listen")
	return docs
}

func isPublic(path string) bool { return !strings.Contains("/"+path+"/", "/internal/") }

func testFiles(t *testing.T, path string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(path), "*_test.go"))
	require.NoError(t, err)
	return parseFiles(t, token.NewFileSet(), "", names)
}

func parseFiles(t *testing.T, fset *token.FileSet, dir string, names []string) (files []*ast.File) {
	t.Helper()
	for _, name := range names {
		file, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}

// comments returns the comment of each exported name. One above a group of constants or variables
// is for all of them; the values of a type have its comment.
func comments(p *doc.Package) map[string]string {
	all := map[string]string{"package": p.Doc}
	values := func(list []*doc.Value, of string) {
		for _, v := range list {
			for _, spec := range v.Decl.Specs {
				s := spec.(*ast.ValueSpec)
				all[s.Names[0].Name] = v.Doc + s.Doc.Text() + s.Comment.Text() + of
			}
		}
	}
	funcs := func(recv string, list []*doc.Func) {
		for _, f := range list {
			all[recv+f.Name] = f.Doc
		}
	}
	values(p.Consts, "")
	values(p.Vars, "")
	funcs("", p.Funcs)
	for _, typ := range p.Types {
		all[typ.Name] = typ.Doc
		values(typ.Consts, typ.Doc)
		values(typ.Vars, typ.Doc)
		funcs("", typ.Funcs)
		funcs(typ.Name+".", typ.Methods)
		for _, spec := range typ.Decl.Specs {
			fields(typ.Name, spec.(*ast.TypeSpec), all)
		}
	}
	wellKnown := regexp.MustCompile(`\.(String|Error|Unwrap|Is)$`)
	maps.DeleteFunc(all, func(name, text string) bool { return text == "" && wellKnown.MatchString(name) })
	return all
}

// fields adds the comments of a struct's fields, of which not each needs its own.
func fields(name string, spec *ast.TypeSpec, all map[string]string) {
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range s.Fields.List {
		if text := field.Doc.Text() + field.Comment.Text(); text != "" && len(field.Names) > 0 {
			all[name+"."+field.Names[0].Name] = text
		}
	}
}

// linkLike is what was meant to be a link: what go/doc resolves is no longer text.
var linkLike = regexp.MustCompile(`\[(\*?(?:[a-z][\w/]*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?)\]`)

// brokenLinks returns those links in a comment that are none, or that lead to a name which their
// package does not have.
func brokenLinks(pkgs map[string]*types.Package, p *doc.Package, text string) (broken []string) {
	var inline func(list []comment.Text)
	inline = func(list []comment.Text) {
		for _, item := range list {
			switch item := item.(type) {
			case comment.Plain:
				for _, m := range linkLike.FindAllStringSubmatch(string(item), -1) {
					broken = append(broken, m[1])
				}
			case *comment.Link:
				inline(item.Text)
			case *comment.DocLink:
				if item.ImportPath != "" && !has(pkgs[item.ImportPath], item.Recv, item.Name) {
					broken = append(broken, strings.ReplaceAll(item.ImportPath+"."+item.Recv+"."+item.Name, "..", "."))
				}
			}
		}
	}
	var blocks func(list []comment.Block)
	blocks = func(list []comment.Block) {
		for _, block := range list {
			switch block := block.(type) {
			case *comment.Paragraph:
				inline(block.Text)
			case *comment.Heading:
				inline(block.Text)
			case *comment.List:
				for _, item := range block.Items {
					blocks(item.Content)
				}
			}
		}
	}
	blocks(p.Parser().Parse(text).Content)
	return broken
}

// has reports whether a package has a name, or a type of it that field or method.
func has(pkg *types.Package, recv, name string) bool {
	if pkg == nil || name == "" {
		return pkg != nil
	}
	if recv == "" {
		return pkg.Scope().Lookup(name) != nil
	}
	typ := pkg.Scope().Lookup(recv)
	if typ == nil {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(typ.Type(), true, pkg, name)
	return obj != nil
}
