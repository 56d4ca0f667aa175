package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestFixtures judges each machine in both languages and compares the JSON with what is in
// testdata/golden.
func TestFixtures(t *testing.T) {
	for _, x := range fixtures {
		t.Run(x.check+"/"+x.name, func(t *testing.T) {
			golden := map[string]Result{}
			for _, lang := range []string{"en", "zh"} {
				f := x.facts()
				f.Lang = lang
				r := Judge(f, []Check{find(t, x.check)}).Results[0]
				assert.Equal(t, x.want, r.Status, r.Summary)
				assert.NotContains(t, r.Summary+strings.Join(r.Evidence, ""), "%!", "a message whose arguments do not fit")
				assert.NotContains(t, strings.Join(append(r.Evidence, r.Summary), " "), "secret")
				if r.Status == Warn || r.Status == Error {
					assert.True(t, r.Fix != nil || r.Doc != "" || r.ID == "net.stack", "%s says nothing about what to do", r.ID)
				}
				golden[lang] = r
			}
			got, err := json.MarshalIndent(golden, "", "\t")
			require.NoError(t, err)
			got = append(got, '\n')
			if *update {
				require.NoError(t, os.MkdirAll(filepath.Dir(x.file()), 0o755))
				require.NoError(t, os.WriteFile(x.file(), got, 0o644))
			}
			want, err := os.ReadFile(x.file())
			require.NoError(t, err, "run the tests with -update")
			assert.Equal(t, string(want), string(got))
		})
	}
}

// TestEveryCheckHasFixtures: one that is fine, one that is not, one that can't be seen.
func TestEveryCheckHasFixtures(t *testing.T) {
	seen := map[string]map[Status]bool{}
	files := map[string]bool{}
	for _, x := range fixtures {
		if seen[x.check] == nil {
			seen[x.check] = map[Status]bool{}
		}
		seen[x.check][x.want] = true
		assert.False(t, files[x.file()], "two fixtures share %s", x.file())
		files[x.file()] = true
	}
	for _, c := range Checks() {
		s := seen[c.ID]
		assert.True(t, s[OK], "%s: no fixture that is ok", c.ID)
		assert.True(t, s[Error] || s[Warn] || s[Info], "%s: no fixture that fails", c.ID)
		assert.True(t, s[Unknown] || s[Skip] && strings.Contains(c.needs, " go"), "%s: no fixture that is unknown", c.ID)
		if c.on == "" || c.on == runtime.GOOS {
			for need, must := range c.gatherers() {
				assert.True(t, gatherers()[need] != nil || !must, "%s needs %s", c.ID, need)
			}
		}
	}
	onDisk, err := filepath.Glob(filepath.Join("testdata", "golden", "*", "*.json"))
	require.NoError(t, err)
	for _, file := range onDisk {
		assert.True(t, files[file], "%s belongs to no fixture", file)
	}
}

func TestChoose(t *testing.T) {
	ids := func(cs []Check) (out []string) {
		for _, c := range cs {
			out = append(out, c.ID)
		}
		return out
	}
	got, err := choose([]string{"go.env", "docker"}, []string{"go.env.session"})
	require.NoError(t, err)
	assert.Equal(t, []string{"go.env.shadow", "docker"}, ids(got))
	all, err := choose(nil, nil)
	require.NoError(t, err)
	assert.Len(t, all, len(Checks()))
	_, err = choose([]string{"gopher"}, nil)
	assert.ErrorContains(t, err, `no check "gopher"`)
	_, err = choose(nil, []string{"g"})
	assert.ErrorContains(t, err, `no check "g"`)
}

// TestLate has one gatherer that is done, one that fails, and one that neither ends nor obeys its
// context.
func TestLate(t *testing.T) {
	stuck := make(chan struct{})
	defer close(stuck)
	f := healthyWindows()
	var progress []int
	f.fill(t.Context(), Options{Progress: func(done, total int) { progress = append(progress, done, total) }}, map[string]gatherer{
		"net":    into(func(f *Facts) **NetFacts { return &f.Net }, func(context.Context, *inquiry) (*NetFacts, error) { return &NetFacts{Stack: "none"}, nil }),
		"cc":     into(func(f *Facts) **CCFacts { return &f.CC }, func(context.Context, *inquiry) (*CCFacts, error) { return nil, errors.New("broken") }),
		"docker": func(context.Context, *inquiry) (func(*Facts), error) { <-stuck; return nil, nil },
	}, time.Millisecond)
	assert.Equal(t, []int{1, 3, 2, 3, 3, 3}, progress)
	assert.Equal(t, "none", f.Net.Stack)
	report := Judge(f, []Check{find(t, "cgo.cc"), find(t, "docker")})
	assert.Equal(t, 2, report.Counts[Unknown])
	assert.Equal(t, "could not be checked: broken", report.Results[0].Summary)
	assert.Equal(t, "could not be checked: no answer within 3s", report.Results[1].Summary)
}

func TestText(t *testing.T) {
	f := healthyWindows()
	f.Docker.State = "absent"
	f.Ports.Reserved = []Range{{8000, 8100, false}}
	report := Judge(f, Checks())
	var plain, colour bytes.Buffer
	require.NoError(t, report.Text(&plain, TextOptions{Shell: "powershell"}))
	f.Lang = "zh"
	require.NoError(t, Judge(f, Checks()).Text(&colour, TextOptions{Color: true, Unicode: true}))
	assert.NotContains(t, plain.String(), "\x1b")
	assert.Contains(t, plain.String(), "x port.reserved  Windows has reserved a port, as it does for Hyper-V, WSL and Docker: 8080\n")
	assert.Contains(t, plain.String(), "> netsh int ipv4 set dynamicport tcp start=49152 num=16384; net stop winnat; net start winnat")
	assert.True(t, strings.HasSuffix(plain.String(), "33 ok, 0 info, 1 warning, 1 error, 0 unknown, 1 skipped\nFix these errors, in this order: port.reserved.\n"), plain.String())
	assert.Contains(t, plain.String(), "Go\n  + 18 are fine\n  - go.netrc       there is no .netrc\n")
	assert.Less(t, strings.Index(plain.String(), "Docker\n"), strings.Index(plain.String(), "Network\n"), "the worst group is last")
	assert.Contains(t, colour.String(), "\x1b[31m✗\x1b[0m port.reserved")
	assert.Contains(t, colour.String(), "1 错误")
	var linux, skipped bytes.Buffer
	require.NoError(t, Judge(healthyLinux(), Checks()).Text(&linux, TextOptions{}))
	assert.NotContains(t, linux.String(), "Windows")
	assert.True(t, strings.HasSuffix(linux.String(), ", 8 skipped\nNo problems found.\n"), linux.String())
	assert.Less(t, strings.Count(linux.String(), "\n"), 35, "a healthy machine has little to read")
	linux.Reset()
	require.NoError(t, Judge(healthyLinux(), Checks()).Text(&linux, TextOptions{Verbose: true}))
	assert.Contains(t, linux.String(), "  + go.cache ")
	require.NoError(t, Judge(healthyLinux(), []Check{find(t, "wsl")}).Text(&skipped, TextOptions{}))
	assert.Equal(t, "Windows\n  - wsl            for Windows only\n\n0 ok, 0 info, 0 warnings, 0 errors, 0 unknown, 1 skipped\nNo problems found.\n", skipped.String())
	for i, r := range plain.String() {
		assert.True(t, r < utf8.RuneSelf, "not ASCII at %d: %q", i, r)
	}
}

// TestReport is the text as a terminal gets it, of a machine with the usual troubles. The pictures
// of the READMEs are made of what is in testdata.
func TestReport(t *testing.T) {
	checks, err := choose([]string{"go.multi", "net", "fw", "port", "dbg", "con"}, nil)
	require.NoError(t, err)
	for _, lang := range []string{"en", "zh"} {
		f := healthyWindows()
		f.Lang = lang
		for _, x := range fixtures {
			switch x.check + ": " + x.name {
			case "go.multi: an old one first", "port.reserved: reserved", "dbg.dlv: optimised", "con.cp: 936":
				x.change(f)
			}
		}
		var got bytes.Buffer
		require.NoError(t, Judge(f, checks).Text(&got, TextOptions{Color: true, Unicode: true, Shell: "powershell"}))
		file := filepath.Join("testdata", "report."+lang+".txt")
		if *update {
			require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err, "run the tests with -update")
		assert.Equal(t, string(want), got.String())
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"https://li:secret@proxy.corp/x,direct":           "https://***@proxy.corp/x,direct",
		"https://token@a.example|https://b:c@d.example":   "https://***@a.example|https://***@d.example",
		"https://proxy.corp/mod?token=secret,direct":      "https://proxy.corp/mod?***,direct",
		"https://proxy.golang.org,direct":                 "https://proxy.golang.org,direct",
		`Get "https://li:secret@proxy.corp/@latest": EOF`: `Get "https://***@proxy.corp/@latest": EOF`,
		"http://li:p%40ss%zz@proxy.corp":                  "http://***@proxy.corp",
	} {
		assert.Equal(t, want, redact(in))
	}
}

func TestStripComments(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{`{"a": 1}`, `{"a":1}`},
		{"{ // x\n\"a\": \"//no\", /* y */ }", `{"a":"//no"}`},
		{`[1, 2, ]`, `[1,2]`},
		{`{"a": "\"/*", "b": [],}`, `{"a":"\"/*","b":[]}`},
		{`/* open`, ``},
		{`"open`, ``},
	} {
		got := stripComments([]byte(test.in))
		assert.Len(t, got, len(test.in))
		if test.want == "" {
			assert.False(t, json.Valid(got))
			continue
		}
		assert.JSONEq(t, test.want, string(got))
	}
}

func FuzzStripComments(f *testing.F) {
	for _, seed := range []string{`{"a": 1, // one` + "\n}", `[/* two */ 1,]`, `"a\`, `/`, `/*`, `"\"`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		out := stripComments(in)
		if len(out) != len(in) {
			t.Fatalf("%q became %q", in, out)
		}
		if json.Valid(in) && !bytes.Equal(in, out) {
			t.Fatalf("plain JSON %q became %q", in, out)
		}
	})
}

func TestParseBatch(t *testing.T) {
	const first = `{"outputCodePage":936,"hypervisor":false}` + "\r\n"
	const second = `{"features":{"Microsoft-Hyper-V":2,"VirtualMachinePlatform":1}}` + "\r\n"
	whole := &PSFacts{Hypervisor: new(false), OutputCodePage: 936, Features: map[string]int{"Microsoft-Hyper-V": 2, "VirtualMachinePlatform": 1}}
	for _, test := range []struct {
		name, out string
		want      *PSFacts
	}{
		{"both", first + second, whole},
		{"after a warning in Chinese", "警告: 无法加载配置文件。\r\n" + first + second, whole},
		{"the second is late", first, &PSFacts{Hypervisor: new(false), OutputCodePage: 936}},
		{"no CIM", `{"outputCodePage":437,"hypervisor":null}` + "\r\n" + `{"features":{}}`, &PSFacts{OutputCodePage: 437, Features: map[string]int{}}},
	} {
		ps, err := parseBatch(test.out)
		require.NoError(t, err, test.name)
		assert.Equal(t, test.want, ps, test.name)
	}
	_, err := parseBatch("")
	assert.ErrorContains(t, err, "no result")
	_, err = parseBatch("{")
	assert.ErrorContains(t, err, "PowerShell's result")
	assert.NotContains(t, batch, `"`, "which Windows' command lines would need an escape for")
}

func TestLocale(t *testing.T) {
	assert.Equal(t, "zh", langOf("zh_CN.UTF-8"))
	assert.Equal(t, "zh", langOf("zh-Hans-CN"))
	assert.Equal(t, "en", langOf("de_DE"))
	assert.Equal(t, "UTF-8", encodingOf("zh_CN.utf8"))
	assert.Equal(t, "UTF-8", encodingOf("ca_ES.UTF-8@valencia"))
	assert.Equal(t, "UTF-8", encodingOf("UTF-8"))
	assert.Equal(t, "GBK", encodingOf("zh_CN.GBK"))
	assert.Equal(t, "ASCII (C)", encodingOf("C"))
}

func TestSetsVariable(t *testing.T) {
	for _, test := range []struct {
		file string
		want []int
	}{
		{"export GOPROXY=direct\n", []int{1}},
		{"A=1\n  GOPROXY=direct", []int{2}},
		{"set -gx GOPROXY direct\n", []int{1}}, // fish
		{"setenv GOPROXY direct\n", []int{1}},  // csh
		{"# GOPROXY=direct\nexport NOT_GOPROXY=1\n", nil},
		{"set -gx PATH $GOPROXY\n", nil},
		{"", nil},
		{"if [ -d /x ]; then\n\texport GOPROXY=direct\nfi\n[ -d /y ] && export GOPROXY=off # here\n", []int{2, 4}},
		{"export PATH=/x:$PATH GOPROXY=direct A='b c'\n", []int{1}},
		{"GOPROXY=direct go build\n", nil}, // for that command only
		{"echo 'GOPROXY=direct'\nalias g=\"GOPROXY=off go\"\n", nil},
		{"if true; then GOPROXY=off; fi\n", []int{1}},
		{"declare -x GOPROXY=off\ntypeset -gx GOPROXY='a b'\n", []int{1, 2}},
	} {
		assert.Equal(t, test.want, setsVariable(test.file, "GOPROXY"), test.file)
	}
}

func TestCommandWords(t *testing.T) {
	for in, want := range map[string][]string{
		"":                                nil,
		"gcc":                             {"gcc"},
		"clang --target=x  -m64":          {"clang", "--target=x", "-m64"},
		`"C:\Program Files\gcc.exe" -m64`: {`C:\Program Files\gcc.exe`, "-m64"},
		`'/opt/my gcc/cc'`:                {"/opt/my gcc/cc"},
		`"open`:                           {`"open`},
	} {
		assert.Equal(t, want, commandWords(in), in)
	}
}

// TestProgram: each shell gives the program the same words.
func TestProgram(t *testing.T) {
	assert.Equal(t, &Fix{"", `x -a "b c" D:\e`, `x -a 'b c' 'D:\e'`, `x -a 'b c' 'D:\e'`}, program(`x -a "b c" D:\e`))
	assert.Equal(t, &Fix{"", `x name="it's $b"`, `x 'name=it''s $b'`, `x 'name=it'\''s $b'`}, program(`x name="it's $b"`))
	assert.Equal(t, &Fix{"", `x -t=a,b -v=1 --k`, `x '-t=a,b' '-v=1' --k`, `x '-t=a,b' -v=1 --k`}, program(`x -t=a,b -v=1 --k`))
	assert.Equal(t, &Fix{"", `C:\x.exe /s`, `C:\x.exe /s`, `MSYS2_ARG_CONV_EXCL='*' 'C:\x.exe' /s`}, program(`C:\x.exe /s`))
	assert.Equal(t, &Fix{"", `x "" "open`, `x '' open`, `x '' open`}, program(`x "" "open`))
	assert.Equal(t, &Fix{"", `a & b`, `a; b`, `a; b`}, chain(program("a"), nil, program("b")))
	assert.Equal(t, &Fix{Sh: `a; b`}, chain(program("a"), &Fix{Sh: "b"}), "a shell that can't do it all does nothing")
}
