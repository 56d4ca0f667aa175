package config

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const everything = `
status = "localhost:9000"
drain = "3s"
start = "1m"
env = { LOG = "debug", REGION = "eu" }
env_file = ["common.env"]

[[service]]
package = "./cmd/api/"
address = "localhost:8080"
needs = ["db", "queue"]
env = { LISTEN = "localhost:{port}", LOG = "info" }
env_file = "api.env"
args = ["-v", "-debug=localhost:{port:debug}"]
dir = "run"
build_flags = ["-race"]
tags = ["dev", "sqlite"]
ready.http = "/readyz"
stop_first = true
watch = ["templates/**/*.html"]
[[service.before]]
run = "templ generate"
watch = ["**/*.templ"]
[[service.before]]
run = ["sqlc", "generate"]

[[service]]
name = "db"
run = "docker run --rm postgres"
ready.log = "ready to accept"

[[service]]
name = "queue"
package = "example.test/cmd/queue"
`

func TestParseEverything(t *testing.T) {
	dir := t.TempDir()
	f, err := Parse("dev.toml", dir, []byte(everything))
	require.NoError(t, err)
	assert.Equal(t, "localhost:9000", *f.Status)
	assert.Equal(t, 3*time.Second, f.Drain)
	assert.Equal(t, time.Minute, f.Start)
	require.Len(t, f.Services, 3)
	assert.Equal(t, []string{"db", "queue", "api"}, []string{f.Services[0].Name, f.Services[1].Name, f.Services[2].Name}, "in order of need")
	assert.Equal(t, Service{
		Name: "api", Package: "./cmd/api", Address: "localhost:8080", Needs: []string{"db", "queue"},
		Env:  []string{"LOG=debug", "REGION=eu", "LISTEN=localhost:{port}", "LOG=info"},
		Args: []string{"-v", "-debug=localhost:{port:debug}"}, Dir: filepath.Join(dir, "run"),
		Flags: []string{"-race", "-tags=dev,sqlite"}, Ready: Ready{HTTP: "/readyz"}, StopFirst: true,
		Watch:  []string{"templates/**/*.html"},
		Before: []Step{{shell("templ generate"), []string{"**/*.templ"}}, {Command{"sqlc", "generate"}, nil}},
		Root:   dir, envFiles: []string{filepath.Join(dir, "api.env")},
	}, f.Services[2])
	assert.Equal(t, Ready{Log: "ready to accept"}, f.Services[0].Ready)
	assert.Equal(t, []string{"/bin/sh", "-c", "docker run --rm postgres"}, f.Services[0].Run.argv("linux"))
	assert.Equal(t, []string{"cmd", "/d", "/c", "docker run --rm postgres"}, f.Services[0].Run.argv("windows"))
	assert.Equal(t, Ready{After: settle}, f.Services[1].Ready)
	assert.True(t, f.Services[1].StopFirst, "a worker")
}

func TestParseErrors(t *testing.T) {
	one := "[[service]]\npackage = \"./a\"\n"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", `dev.toml: no service: write [[service]]`},
		{"syntax", "status = \n", `dev.toml:1:1`},
		{"unknown key", one + "adress = \"localhost:1\"\n", `dev.toml:3:1: unknown key "service.adress"`},
		{"unknown key of the file", "port = 1\n" + one, `dev.toml:1:1: unknown key "port"`},
		{"unknown key below", one + "ready.htp = \"/\"\n", `dev.toml:3:1: unknown key "service.ready.htp"`},
		{"wrong type", one + "needs = \"db\"\n", `dev.toml:3:9: `},
		{"wrong type of a string", one + "address = 8080\n", `dev.toml:3:11: `},
		{"no duration", "drain = \"soon\"\n" + one, `dev.toml:1:9: `},
		{"negative duration", "drain = \"-1s\"\n" + one, `a negative duration`},
		{"neither", "[[service]]\nname = \"a\"\n", `dev.toml:1:1: a service has a package to build, or a command`},
		{"both", one + "run = \"a\"\n", `dev.toml:3:1: a service has either package or run`},
		{"no command", "[[service]]\nname = \"a\"\nrun = 3\n", `dev.toml:3:1: a command is a string for the shell, or an array`},
		{"a blank command", "[[service]]\nname = \"a\"\nrun = \"  \"\n", `dev.toml:3:1: a command is`},
		{"many packages", "[[service]]\npackage = \"./...\"\n", `dev.toml:2:1: "./..." names many packages`},
		{"a file", "[[service]]\npackage = \"./main.go\"\n", `dev.toml:2:1: "./main.go" is a file: write the directory`},
		{"no dot", "[[service]]\npackage = \"cmd/a\"\n", `dev.toml:2:1: "cmd/a" has no dot in front: write ./cmd/a`},
		{"a flag as package", "[[service]]\npackage = \"-tags=a.b\"\n", `is a flag: write it into build_flags`},
		{"no name", one + "name = \"a b\"\n", `dev.toml:3:1: "a b" can't be a service's name`},
		{"dev's name", one + "name = \"dev\"\n", `dev.toml:3:1: "dev" can't be`},
		{"no address", one + "address = \"localhost\"\n", `dev.toml:3:1: an address is HOST:PORT, such as localhost:8080, not "localhost"`},
		{"no port", one + "address = \"localhost:99999\"\n", `dev.toml:3:1: "99999" is no port`},
		{"two of a name", one + "[[service]]\npackage = \"./b/cmd/a\"\n", `dev.toml:3:1: a second service is called "a"; the first is at line 1: write name = "b-a", say`},
		{"two of a variable", one + "name = \"x-y\"\n" + one + "name = \"x_y\"\n", `a second service is called "x_y"`},
		{"two at an address", one + "address = \"localhost:1\"\n[[service]]\npackage = \"./b\"\naddress = \"localhost:1\"\n", `dev.toml:6:1: a has the address localhost:1 already`},
		{"unknown need", one + "needs = [\"db\"]\n", `dev.toml:3:1: there is no service "db"`},
		{"a circle", one + "needs = [\"b\"]\n[[service]]\npackage = \"./b\"\nneeds = [\"a\"]\n", `dev.toml:3:1: a needs b, which in turn needs it`},
		{"itself", one + "needs = [\"a\"]\n", `dev.toml:3:1: a needs a`},
		{"two ways of being ready", one + "address = \":1\"\nready = { http = \"/\", tcp = true }\n", `dev.toml:4:1: ready takes one of`},
		{"no port to ask", one + "ready.tcp = true\n", `dev.toml:3:1: without an address there is no port`},
		{"no path", one + "address = \":1\"\nready.http = \"readyz\"\n", `ready.http is a path`},
		{"no regular expression", one + "[service.ready]\nlog = \"(\"\n", `dev.toml:3:1: ready.log: error parsing regexp`},
		{"no path of a poll", one + "polls = [\"[\"]\n", `dev.toml:3:1: "[" is no path of a long poll`},
		{"no glob", one + "watch = [\"[\"]\n", `dev.toml:3:1: "[" is no glob`},
		{"an absolute glob", one + "watch = [\"/etc/*\"]\n", `dev.toml:3:1: "/etc/*" is no glob`},
		{"no flag", one + "build_flags = [\"race\"]\n", `dev.toml:3:1: "race" is no flag`},
		{"dev's flag", one + "build_flags = [\"-o=x\"]\n", `-o is dev's own`},
		{"no tag", one + "tags = [\"a b\"]\n", `"a b" is no build tag`},
		{"flags of a command", "[[service]]\nname = \"a\"\nrun = \"b\"\nargs = [\"c\"]\n", `dev.toml:4:1: args is for a service with a package`},
		{"a step without command", one + "[[service.before]]\nwatch = [\"*.x\"]\n", `dev.toml:3:1: a step has a command`},
		{"no file of variables", one + "env_file = 3\n", `dev.toml:3:1: env_file is a file's name`},
		{"a fixed port", one + "address = \":1\"\nenv = { PORT = \"1\" }\n", `dev.toml:4:1: PORT is the port that dev chooses`},
		{"no variable", one + "env = { \"A=B\" = \"\" }\n", `dev.toml:3:1: "A=B" can't be a variable's name`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("dev.toml", t.TempDir(), []byte(test.text))
			require.ErrorContains(t, err, test.want)
			assert.ErrorAs(t, err, new(*Error))
		})
	}
}

func TestCleanPackage(t *testing.T) {
	for pkg, want := range map[string]string{
		".": ".", "./": ".", "./cmd/a/": "./cmd/a", "./cmd/a": "./cmd/a", `.\cmd\a`: "./cmd/a", "./cmd/../a": "./a",
		"../b/": "../b", "example.test/cmd/a/": "example.test/cmd/a",
	} {
		got, err := cleanPackage(pkg)
		require.NoError(t, err, pkg)
		assert.Equal(t, want, got, pkg)
	}
}

func TestProgram(t *testing.T) {
	for importPath, want := range map[string]string{
		"example.test/cmd/a": "a", "example.test/a/v2": "a", "example.test/a/v10": "a", "example.test/v1": "v1", "v2": "v2", "a": "a",
	} {
		assert.Equal(t, want, Program(importPath), importPath)
	}
}

func TestNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	for want, s := range map[string]Service{
		"shop": {Package: "."}, "a": {Package: "./cmd/a"}, "npm": {Run: shell("npm run dev")},
		"vite": {Run: Command{"./node_modules/vite", "dev"}},
	} {
		assert.Equal(t, want, defaultName(s, dir))
	}
}

func TestLoadReadsVariables(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	file := filepath.Join(dir, Name)
	write(Name, "[[service]]\npackage = \"./a\"\nenv_file = \"a.env\"\n")
	_, err := Load(file)
	require.ErrorIs(t, err, os.ErrNotExist, "a.env")
	write("a.env", "A=2\n")
	f, err := Load(file)
	require.NoError(t, err, "there need be no .env")
	assert.Equal(t, []string{"A=2"}, f.Services[0].FileEnv)
	write(".env", "A=1\nB=1\n")
	f, err = Load(file)
	require.NoError(t, err)
	assert.Equal(t, []string{"A=1", "B=1"}, f.Services[0].SharedEnv)
	assert.Equal(t, []string{"A=2"}, f.Services[0].FileEnv)
	write(".env", "A\n")
	_, err = Load(file)
	assert.ErrorContains(t, err, ".env:1:1: not of the form NAME=value")
}

func TestParseEnv(t *testing.T) {
	vars, err := ParseEnv(".env", []byte("\ufeff# comment\n\nA=1\r\nexport B = two words # comment\nC=\"a\\n\\\"b\\\" \\x\" # c\nD='$A \\n'\nE=\nF=a#b\nG= # c\nH=x=y\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"A=1", "B=two words", "C=a\n\"b\" \\x", `D=$A \n`, "E=", "F=a#b", "G=", "H=x=y"}, vars)
	for text, want := range map[string]string{
		"A": ".env:1:1: not of the form", "A=1\n  =2": ".env:2:3: not of the form", "A=\"x": ".env:1:3: the closing \" is missing",
		"A='x' y": "stands behind the closing quote", "A B=1": "not of the form", "A=a\x00b": "zero byte",
	} {
		_, err := ParseEnv(".env", []byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		glob, yes, no string
	}{
		{"*.html", "a.html", "b/a.html"},
		{"**/*.html", "a.html b/a.html b/c/a.html", "a.htm b/a.html/c"},
		{"templates/**", "templates templates/a templates/b/a", "template/a"},
		{"a/**/b/*.x", "a/b/1.x a/c/b/1.x a/c/d/b/1.x a/b/b/1.x", "a/b/c/1.x b/1.x"},
		{"./x/*.y", "x/1.y", "1.y"},
		{"**", "a a/b", "../a .."},
		{"../x/**/*.y", "../x/1.y ../x/a/1.y", "x/1.y 1.y ../../x/1.y ../x/1.z"},
		{"../*", "../a", "../../a a .."},
	} {
		for name := range strings.FieldsSeq(test.yes) {
			assert.True(t, Match(test.glob, name), "%s %s", test.glob, name)
		}
		for name := range strings.FieldsSeq(test.no) {
			assert.False(t, Match(test.glob, name), "%s %s", test.glob, name)
		}
	}
	start := time.Now()
	Match(strings.Repeat("**/a/", 30)+"b", strings.Repeat("a/", 300)+"c")
	assert.Less(t, time.Since(start), 5*time.Second, "no exponential time")
}

func TestGlobDir(t *testing.T) {
	for glob, want := range map[string]struct {
		dir  string
		deep bool
	}{
		"*.html": {".", false}, "a/b/*.x": {"a/b", false}, "a/**/*.x": {"a", true}, "a/*/x": {"a", true}, "**": {".", true}, "a/x": {"a", false},
	} {
		dir, deep := GlobDir(glob)
		assert.Equal(t, want.dir, dir, glob)
		assert.Equal(t, want.deep, deep, glob)
	}
}

func TestExpand(t *testing.T) {
	value := func(name string) string { return "<" + name + ">" }
	for text, want := range map[string]string{
		"localhost:{port}": "localhost:<port>", "{port:debug} {addr_file}": "<port:debug> <addr_file>", `{"a": {port}}`: `{"a": <port>}`,
		"{ports} {} {other}": "{ports} {} {other}",
	} {
		assert.Equal(t, want, Expand(text, value))
	}
	assert.True(t, Uses("port", []string{"a"}, []string{"b={port}"}))
	assert.False(t, Uses("port", []string{"{port:debug}"}))
}

// TestCmd: the shell gets a command as it was written.
func TestCmd(t *testing.T) {
	text, want := `echo "a b" && exit 3`, "a b\n"
	if runtime.GOOS == "windows" {
		want = "\"a b\" \r\n" // whose echo prints the quotes, and what stands before &&
	}
	out, err := shell(text).Cmd().Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, 3, exit.ExitCode())
	assert.Equal(t, want, string(out))
	assert.Equal(t, []string{"a", "b c"}, Command{"a", "b c"}.Cmd().Args)
	assert.Equal(t, `a "b c"`, Command{"a", "b c"}.String())
}

func TestProcfile(t *testing.T) {
	drafts, err := Procfile("Procfile", []byte("# all\nweb: go run ./cmd/web -listen=:$PORT\nworker: go run ./cmd/worker\nui: npm run dev -- --port ${PORT}\nmail: cat <x | mail\n"))
	require.NoError(t, err)
	assert.Equal(t, []Draft{
		{Name: "web", Package: "./cmd/web", Args: []string{"-listen=:{port}"}, Address: "localhost:8080"},
		{Name: "worker", Package: "./cmd/worker", Args: []string{}},
		{Name: "ui", Run: "npm run dev -- --port ${PORT}", Address: "localhost:8081"},
		{Name: "mail", Run: "cat <x | mail"},
	}, drafts)
	_, err = Procfile("Procfile", []byte("web: a\nworker\n"))
	assert.EqualError(t, err, "Procfile:2:1: not of the form NAME: COMMAND")
}

func TestAir(t *testing.T) {
	d, err := Air(filepath.Join("shop", ".air.toml"), []byte(`
root = "."
[build]
cmd = "templ generate && go build -race -tags dev -o ./tmp/main ./cmd/web"
args_bin = ["-v"]
pre_cmd = ["sqlc generate"]
include_ext = ["go", "html"]
exclude_dir = ["tmp"]
`))
	require.NoError(t, err)
	assert.Equal(t, Draft{Name: "web", Package: "./cmd/web", Args: []string{"-v"}, Flags: []string{"-race", "-tags=dev"},
		Watch:  []string{"**/*.html"},
		Before: []DraftStep{{"sqlc generate", []string{"**/*.html"}}, {"templ generate", []string{"**/*.html"}}}}, d)

	d, err = Air(filepath.Join("shop", ".air.toml"), nil)
	require.NoError(t, err)
	assert.Equal(t, Draft{Name: "shop", Package: "."}, d)
	_, err = Air(".air.toml", []byte("[build]\ncmd = \"make\"\n"))
	assert.ErrorContains(t, err, `.air.toml: build.cmd has no go build that dev could take over: "make"`)
	_, err = Air(".air.toml", []byte("[build\n"))
	assert.ErrorContains(t, err, ".air.toml:1:")
}

// TestWrite reads what dev init writes.
func TestWrite(t *testing.T) {
	text := Write(Numbered([]Draft{
		Main("./cmd/web", "example.test/cmd/web", true), Main(".", "example.test/tool/v2", false),
		{Name: "ui", Run: `npm run "dev" \ x`, Env: map[string]string{"A B": "\x01"}, Args: nil},
		{Name: "all", Package: "./all", Address: "?", Args: []string{"-v"}, Tags: []string{"dev"}, Flags: []string{"-race"}, Watch: []string{"*.html"},
			Before: []DraftStep{{"templ generate", []string{"*.templ"}}}},
	}))
	f, err := Parse(Name, t.TempDir(), []byte(text))
	require.NoError(t, err, text)
	var names []string
	for _, s := range f.Services {
		names = append(names, s.Name+" "+s.Address)
	}
	assert.Equal(t, []string{"web localhost:8080", "tool ", "ui ", "all localhost:8081"}, names)
	assert.Equal(t, shell(`npm run "dev" \ x`), f.Services[2].Run)
	assert.Equal(t, []string{"A B=\x01"}, f.Services[2].Env)
	assert.Equal(t, []string{"-race", "-tags=dev"}, f.Services[3].Flags)
	assert.Contains(t, text, "# It does not read PORT")
}

// FuzzParse looks for panics, for errors without a form, and for services that break the promises
// of File.
func FuzzParse(f *testing.F) {
	f.Add([]byte(everything))
	f.Add([]byte("[[service]]\npackage='.'\n[service.ready]\nlog='('"))
	f.Add([]byte("[[service]]\nrun=[1]\n"))
	f.Add([]byte("[[service]]\nrun='a'\nbefore=[{run=2}]"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse(Name, dir, data)
		if err != nil {
			require.ErrorAs(t, err, new(*Error))
			return
		}
		var before []string
		for _, s := range file.Services {
			require.Regexp(t, nameForm, s.Name)
			require.NotContains(t, before, s.Name)
			require.Equal(t, s.Package == "", len(s.Run) > 0)
			for _, need := range s.Needs {
				require.Contains(t, before, need)
			}
			before = append(before, s.Name)
		}
	})
}

// FuzzFiles looks for panics in the readers of other files, and reads again what is made of them.
func FuzzFiles(f *testing.F) {
	f.Add([]byte("web: go run ./cmd/web $PORT\n"))
	f.Add([]byte("A=\"\\"))
	f.Add([]byte("[build]\ncmd = 'go build -o x -tags'\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		vars, _ := ParseEnv(".env", data)
		require.False(t, slices.ContainsFunc(vars, func(v string) bool { return !strings.Contains(v, "=") || strings.Contains(v, "\x00") }))
		drafts, _ := Procfile("Procfile", data)
		if d, err := Air(".air.toml", data); err == nil {
			drafts = append(drafts, d)
		}
		text := Write(drafts)
		require.NoError(t, toml.Unmarshal([]byte(text), new(map[string]any)), text)
	})
}
