package direct

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "record" {
		os.Exit(Record(os.Args[2:]))
	}
	os.Exit(m.Run())
}

// A project is a module of two programs, and its builder.
type project struct {
	*testing.T
	dir     string
	flags   []string
	builder *Builder
}

var sources = map[string]string{
	"go.mod":             "module example.test\n\ngo 1.26\n",
	"cmd/one/main.go":    "package main\n\nimport (\n\t\"example.test/text\"\n\t\"example.test/wrap\"\n)\n\nfunc main() { println(text.Text(), wrap.Text(), text.File) }\n",
	"cmd/two/main.go":    "package main\n\nimport \"example.test/text\"\n\nfunc main() { println(text.Text()) }\n",
	"text/text.go":       "package text\n\nimport _ \"embed\"\nimport _ \"unsafe\"\n\n//go:embed data*.txt\nvar File string\n\n//go:noinline\nfunc Text() string { return \"a\" }\n",
	"text/data.txt":      "data",
	"text/text_linux.go": "package text\n\nconst System = 1\n",
	"wrap/wrap.go":       "package wrap\n\nimport \"example.test/text\"\n\nfunc Text() string { return text.Text() + Suffix }\n\nconst Suffix = \"!\"\n",
}

func newProject(t *testing.T, flags ...string) *project {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else Record takes a second where this test is built with -race
	t.Setenv("GOWORK", "")
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOENV", filepath.Join(t.TempDir(), "env"))
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	exe, err := os.Executable()
	require.NoError(t, err)
	p := &project{T: t, dir: dir, flags: flags, builder: &Builder{
		Dir: filepath.Join(t.TempDir(), "it's here"), Recorder: []string{exe, "record"}, Link: os.Link,
		Run: func(_ context.Context, cmd *exec.Cmd) error { return cmd.Run() },
	}}
	for name, text := range sources {
		p.save(name, text)
	}
	return p
}

func (p *project) save(name, text string) {
	p.Helper()
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	require.NoError(p, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(p, os.WriteFile(file, []byte(text), 0o644))
}

// in returns the project for a part of the test, at whose end all files are as they were.
func (p *project) in(t *testing.T) *project {
	t.Helper()
	q := *p
	q.T = t
	before := t.TempDir()
	require.NoError(t, os.CopyFS(before, os.DirFS(p.dir)))
	t.Cleanup(func() {
		entries, err := os.ReadDir(p.dir)
		require.NoError(t, err)
		for _, e := range entries {
			require.NoError(t, os.RemoveAll(filepath.Join(p.dir, e.Name())))
		}
		require.NoError(t, os.CopyFS(p.dir, os.DirFS(before)))
		os.Remove(os.Getenv("GOENV"))
	})
	return &q
}

// replace changes a file.
func (p *project) replace(name, from, to string) {
	p.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	require.NoError(p, err)
	require.Contains(p, string(data), from)
	p.save(name, strings.Replace(string(data), from, to, 1))
}

func (p *project) goCommand(args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = p.dir
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return stdout.String() + stderr.String(), err
}

// list has the builder know what there is.
func (p *project) list() {
	p.Helper()
	text, err := p.goCommand("env", "-json")
	require.NoError(p, err, text)
	var env Environment
	require.NoError(p, json.Unmarshal([]byte(text), &env))
	args := append(append([]string{"list", "-e", "-deps", "-json"}, p.flags...), "./cmd/one", "./cmd/two")
	text, err = p.goCommand(args...)
	require.NoError(p, err, text)
	isSource := func(name string) bool {
		return !strings.HasSuffix(name, "_test.go") && (filepath.Ext(name) == ".go" || filepath.Ext(name) == ".s")
	}
	p.builder.SetListing(List(strings.NewReader(text), p.dir, p.flags, env, isSource))
}

// programs are files for both of them.
func (p *project) programs() map[string]string {
	p.Helper()
	dir := filepath.Join(p.TempDir(), "out")
	require.NoError(p, os.MkdirAll(dir, 0o755))
	ext := ""
	if runtime.GOOS == "windows" {
		ext = ".exe"
	}
	return map[string]string{"example.test/cmd/one": filepath.Join(dir, "one"+ext), "example.test/cmd/two": filepath.Join(dir, "two"+ext)}
}

// byGo builds by the go command, and records it.
func (p *project) byGo() (map[string]string, string, error) {
	p.Helper()
	programs := p.programs()
	args := append([]string{"build", "-o", filepath.Dir(programs["example.test/cmd/one"]) + string(filepath.Separator)}, p.flags...)
	recording, flag := p.builder.Start()
	if recording != nil {
		args = append(args, flag)
	}
	output, err := p.goCommand(append(args, "./cmd/one", "./cmd/two")...)
	if recording != nil {
		if err != nil {
			recording.End(p.Context(), nil)
		} else {
			recording.End(p.Context(), programs)
		}
	}
	return programs, output, err
}

// ready has everything compiled and linked by the go command while it is recorded.
func (p *project) ready() map[string]string {
	p.Helper()
	p.list()
	p.replace("text/text.go", `"a"`, `"`+p.Name()+`"`) // else it might be in the go command's cache
	p.replace("wrap/wrap.go", `"!"`, `"!`+p.Name()+`"`)
	p.replace("cmd/one/main.go", "text.File)", "text.File, "+`"`+p.Name()+`")`)
	p.replace("cmd/two/main.go", "text.Text())", "text.Text(), "+`"`+p.Name()+`")`)
	programs, output, err := p.byGo()
	require.NoError(p, err, output)
	return programs
}

func (p *project) run(file string) string {
	p.Helper()
	out, err := exec.Command(file).CombinedOutput()
	require.NoError(p, err)
	return string(out)
}

// TestBuild: what is built directly is what the go command would build.
func TestBuild(t *testing.T) {
	shared := newProject(t, "-buildvcs=false", "-ldflags=-w")
	before := shared.ready()
	for _, test := range []struct {
		name string
		edit func(p *project)
	}{
		{"a function", func(p *project) {
			p.replace("text/text.go", "func Text() string { return ", "func Text() string { return \"new \" + ")
		}},
		{"an export that others use", func(p *project) {
			p.replace("text/text.go", "func Text() string", "func Text() Named")
			p.replace("text/text.go", "//go:noinline", "type Named = string\n\n//go:noinline")
			p.replace("wrap/wrap.go", "text.Text()", "string(text.Text())")
		}},
		{"a constant of two levels", func(p *project) { p.replace("wrap/wrap.go", `Suffix = "`, `Suffix = "new`) }},
		{"a main package", func(p *project) { p.replace("cmd/two/main.go", "println(", "println(1, ") }},
		{"an embedded file", func(p *project) { p.save("text/data.txt", "new data") }},
		{"two packages", func(p *project) {
			p.replace("wrap/wrap.go", "text.Text() +", "text.Text() + \"x\" +")
			p.replace("cmd/one/main.go", "println(", "println(1, ")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := shared.in(t)
			test.edit(p)
			direct := p.programs()
			require.NoError(t, p.builder.Build(t.Context(), direct))
			own := p.linked()
			_, output, err := p.byGo()
			require.NoError(t, err, output)
			assert.Equal(t, p.linked(), own)
			changed := false
			for path, file := range direct {
				changed = changed || p.run(before[path]) != p.run(file)
			}
			assert.True(t, changed || test.name == "an export that others use")
		})
	}
}

// linked are sums of the programs that the builder's archives make, all with one build ID.
func (p *project) linked() map[string]sum {
	p.Helper()
	sums := map[string]sum{}
	for path, link := range p.builder.known.links {
		file := filepath.Join(p.TempDir(), "program")
		require.NoError(p, p.builder.run(p.Context(), link.command, file, p.builder.known.archives, "id"))
		data, err := os.ReadFile(file)
		require.NoError(p, err)
		sums[path] = sumOf(data)
	}
	require.Len(p, sums, 2)
	return sums
}

// TestLeftToGo: why a change is left to the go command, after which changes of functions are direct
// again.
func TestLeftToGo(t *testing.T) {
	shared := newProject(t)
	shared.ready()
	const shape, function = "more has changed than the text of functions", `func Text() string { return `
	for _, test := range []struct {
		name, want string
		edit       func(p *project)
	}{
		{"nothing", "no source file has changed", func(*project) {}},
		{"an import is added", shape, func(p *project) { p.replace("text/text.go", "import _", "import _ \"fmt\"\nimport _") }},
		{"an import is removed", shape, func(p *project) {
			p.replace("cmd/one/main.go", "\t\"example.test/wrap\"\n", "")
			p.replace("cmd/one/main.go", "wrap.Text()", "1")
		}},
		{"a file is added", shape, func(p *project) { p.save("text/new.go", "package text\n\nfunc init() { println(1) }\n") }},
		{"a file is removed", shape, func(p *project) { assert.NoError(p, os.Remove(filepath.Join(p.dir, "text", "text_linux.go"))) }},
		{"a file is renamed", shape, func(p *project) {
			assert.NoError(p, os.Rename(filepath.Join(p.dir, "text", "text.go"), filepath.Join(p.dir, "text", "other.go")))
		}},
		{"a constraint is added", shape, func(p *project) { p.replace("text/text_linux.go", "package", "//go:build !amd64\n\npackage") }},
		{"a setting of the runtime", shape, func(p *project) { p.replace("cmd/one/main.go", "package", "//go:debug panicnil=1\npackage") }},
		{"an embedded file is added", shape, func(p *project) { p.save("text/data2.txt", "more") }},
		{"a pattern is changed", shape, func(p *project) { p.replace("text/text.go", "data*.txt", "dat*.txt") }},
		{"a pattern in quotes", shape, func(p *project) { p.replace("text/text.go", "data*.txt", `"data.txt"`) }},
		{"assembly", shape, func(p *project) { p.save("text/text_amd64.s", "// nothing\n") }},
		{"go.mod", shape, func(p *project) { p.replace("go.mod", "1.26", "1.25") }},
		{"a module of its own", shape, func(p *project) { p.save("wrap/go.mod", "module wrap\n") }},
		{"go.work", shape, func(p *project) { p.save("go.work", "go 1.26\n\nuse .\n") }},
		{"vendored modules", shape, func(p *project) { p.save("vendor/modules.txt", "") }},
		{"GOFLAGS in the environment", shape, func(p *project) { p.Setenv("GOFLAGS", "-tags=other") }},
		{"go env -w GOFLAGS", shape, func(p *project) {
			text, err := p.goCommand("env", "-w", "GOFLAGS=-tags=other")
			require.NoError(p, err, text)
		}},
		{"a profile", shape, func(p *project) { p.save("cmd/one/default.pgo", "") }},
		{"broken imports", shape, func(p *project) { p.replace("text/text.go", "import _", "import (") }},
		{"a function that does not compile", "example.test/text failed", func(p *project) { p.replace("text/text.go", function, function+"nothing + ") }},
		{"a removed export", "example.test/wrap failed", func(p *project) { p.replace("text/text.go", "func Text", "func text") }},
		{"a function that does not link", "example.test/cmd/one failed", func(p *project) {
			p.replace("text/text.go", function, function+"missing() + ")
			p.replace("text/text.go", "//go:noinline", "//go:linkname missing example.test/nowhere.missing\nfunc missing() string\n\n//go:noinline")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := shared.in(t)
			test.edit(p)
			programs := p.programs()
			assert.ErrorContains(t, p.builder.Build(t.Context(), programs), test.want)
			if test.want == shape {
				for _, file := range programs {
					assert.NoFileExists(t, file)
				}
			}
		})
	}
	p := shared.in(t)
	p.replace("text/text.go", function, function+"`x` + ")
	require.NoError(t, p.builder.Build(t.Context(), p.programs()), "all is as it was when it was recorded")
	p.replace("text/text.go", "`x`", "`y`")
	require.NoError(t, os.RemoveAll(p.builder.Dir)) // as a cleaner of temporary folders does
	assert.ErrorIs(t, p.builder.Build(t.Context(), p.programs()), fs.ErrNotExist)
}

// TestStaleDependent: a package of a program that was not built when an export changed is not
// linked with what it was not compiled for.
func TestStaleDependent(t *testing.T) {
	p := newProject(t)
	p.ready()
	p.replace("text/text.go", "//go:noinline", "type More int\n\n//go:noinline")
	programs := p.programs()
	const one, two = "example.test/cmd/one", "example.test/cmd/two"
	require.NoError(t, p.builder.Build(t.Context(), map[string]string{two: programs[two]}))
	p.replace("cmd/one/main.go", "println(", "println(1, ")
	err := p.builder.Build(t.Context(), map[string]string{one: programs[one]})
	assert.ErrorContains(t, err, "example.test/cmd/one failed", "wrap fits the old text")
}

// TestSameProgram: a change that makes no difference makes the same file, so that dev leaves the
// process alone.
func TestSameProgram(t *testing.T) {
	p := newProject(t)
	before := p.ready()
	for range 2 { // the second one follows a build without the go command
		p.replace("wrap/wrap.go", "Suffix }", "Suffix } // unseen ")
		p.replace("text/text.go", "var File string", "var File string // unseen ")
		after := p.programs()
		require.NoError(t, p.builder.Build(t.Context(), after))
		for path, file := range after {
			was, err := os.ReadFile(before[path])
			require.NoError(t, err)
			is, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(was, is), path)
		}
		before = after
	}
}
