package doctor

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBrokenGo has a go that does not run as the only one: that is one finding, and nothing that
// depends on it is another.
func TestBrokenGo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its shims are no scripts")
	}
	needGo(t)
	goCommand, err := exec.LookPath("go")
	require.NoError(t, err)
	binary, err := os.ReadFile(goCommand)
	require.NoError(t, err)
	shim := func(text string) []byte { return []byte("#!/bin/sh\n" + text) }
	for _, test := range []struct {
		name string
		text []byte
		says string
	}{
		{"a lone binary", binary, "GOROOT"},
		{"a shim without a version here", shim("echo 'No version is set for command go' >&2\nexit 126\n"), "No version is set for command go"},
		{"a shim that prints what is no version", shim("echo downloading\n"), `"downloading`},
		{"a hanging shim", shim("/bin/sleep 600 & /bin/sleep 600\n"), "no answer within"},
		{"a shim that leaves a child behind with its output", shim("/bin/sleep 600 &\necho $! >\"$HOME/left\"\necho no >&2\nexit 3\n"), "exit status 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t)
			bin := filepath.Join(p.home, "bin")
			require.NoError(t, os.Mkdir(bin, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), test.text, 0o755))
			report := p.report(t, "all", []string{"PATH=" + bin, "GOROOT="}, "", "")
			var broken []string
			for _, r := range report.Results {
				if r.Status == Error {
					broken = append(broken, r.ID)
				}
				if needs := find(t, r.ID).needs; strings.Contains(needs, "tools go") && r.ID != "go.multi" {
					assert.Equal(t, Skip, r.Status, "%s: %s", r.ID, r.Summary)
				}
			}
			assert.Equal(t, []string{"go.multi"}, broken)
			assert.Contains(t, strings.Join(report.Results[0].Evidence, "\n"), test.says)
			assert.Less(t, report.MS, (60 * time.Second).Milliseconds(), "it does not wait for a sleep of ten minutes")
			if left, err := os.ReadFile(filepath.Join(p.home, "left")); err == nil {
				assert.Eventually(t, func() bool { return gone(strings.TrimSpace(string(left))) }, 10*time.Second, 10*time.Millisecond, "what a command has started ends with it")
			}
		})
	}
}

func gone(pid string) bool {
	state, err := os.ReadFile("/proc/" + pid + "/stat")
	return runtime.GOOS != "linux" || err != nil || strings.Contains(string(state), ") Z ")
}

// TestProjectShim asks a version manager's go in the project's directory.
func TestProjectShim(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its shims are no scripts")
	}
	needGo(t)
	goCommand, err := exec.LookPath("go")
	require.NoError(t, err)
	p := newPerson(t)
	bin := filepath.Join(p.home, "shims")
	require.NoError(t, os.Mkdir(bin, 0o755))
	text := fmt.Sprintf("#!/bin/sh\n[ -f .tool-versions ] || { echo 'No version is set' >&2; exit 126; }\nexec %s \"$@\"\n", shQuote(goCommand))
	require.NoError(t, os.WriteFile(filepath.Join(bin, "go"), []byte(text), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(p.project, ".tool-versions"), []byte("golang 1\n"), 0o644))
	r := p.examine(t, "go.multi", []string{"PATH=" + bin + ":/bin:/usr/bin"}, "", "")
	assert.Contains(t, []Status{OK, Info}, r.Status, r.Summary)
	require.NoError(t, os.Remove(filepath.Join(p.project, ".tool-versions")))
	r = p.examine(t, "go.multi", []string{"PATH=" + bin + ":/bin:/usr/bin"}, "", "")
	require.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Evidence[0], "does not run")
}

// TestNoNetwork counts the connections to what is a module proxy and an HTTP proxy at once, for a
// project that wants a release of Go and a module that are not there.
func TestNoNetwork(t *testing.T) {
	needGo(t)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	var connections atomic.Int64
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			connections.Add(1)
			conn.Close()
		}
	}()
	p := newPerson(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.project, "go.mod"), []byte("module m\n\ngo "+nextGo(t)+"\n\nrequire example.com/dep v1.0.0\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(p.project, "m.go"), []byte("package m\n\nimport _ \"example.com/dep\"\n"), 0o644))
	url := "http://" + l.Addr().String()
	env := []string{"GOTOOLCHAIN=auto", "GOPROXY=" + url, "HTTP_PROXY=" + url, "HTTPS_PROXY=" + url, "GOSUMDB=sum.golang.org " + url}
	report := p.report(t, "all", env, "", "")
	assert.Zero(t, connections.Load())
	for _, r := range report.Results {
		switch r.ID {
		case "go.version":
			assert.Equal(t, Info, r.Status, "the release would be downloaded: %s", r.Summary)
		case "net.proxy", "go.build":
			assert.Equal(t, OK, r.Status, "%s: %s", r.ID, r.Summary)
		}
	}
	r := p.examine(t, "go.build", append(env, "GOFLAGS=-nonsense"), "", "")
	assert.Equal(t, Error, r.Status, "another fault is seen all the same: %s", r.Summary)
	p.examine(t, "go.proxy", append(env, "ONLINE=1"), "", "")
	assert.Positive(t, connections.Load(), "with --online it is asked")
}

// TestConflict is a go.sum as git leaves it.
func TestConflict(t *testing.T) {
	needGo(t)
	p := newPerson(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.project, "go.mod"), []byte("module m\n\ngo 1.21\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(p.project, "go.sum"), []byte("<<<<<<< HEAD\na.example/b v1.0.0 h1:x=\n=======\na.example/b v1.1.0 h1:y=\n>>>>>>> main\n"), 0o644))
	report := p.report(t, "all", nil, "", "")
	for _, r := range report.Results {
		switch r.ID {
		case "go.sum":
			assert.Equal(t, Error, r.Status)
			assert.Contains(t, strings.Join(r.Evidence, "\n"), "go.sum:3: =======")
		case "go.build":
			assert.NotEqual(t, Error, r.Status, "it is said once")
		}
	}
}

// TestHashDir: the hash of a module's files is that of go's.
func TestHashDir(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub"), 0o755))
	for name, text := range map[string]string{"go.mod": "module example.com/dep\n", "dep.go": "package dep\n", "sub/a.go": "package sub\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	always := func() bool { return true }
	first, err := hashDir(dir, "example.com/dep@v1.0.0", always)
	require.NoError(t, err)
	assert.Regexp(t, `^h1:[A-Za-z0-9+/]{43}=$`, first)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/a.go"), []byte("package sub // changed\n"), 0o644))
	second, err := hashDir(dir, "example.com/dep@v1.0.0", always)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	_, err = hashDir(dir, "x", func() bool { return false })
	assert.ErrorIs(t, err, errLate)
	assert.Equal(t, "github.com/!burnt!sushi/toml", escapeModule("github.com/BurntSushi/toml"))
}

func TestParseMod(t *testing.T) {
	m := parseMod("module m // go 1.1\n\ngo 1.26.0\ntoolchain go1.27.3\n\nrequire (\n\ta.example/b v1.0.0\n\t\"c.example/d\" v1.2.0 // indirect\n)\nrequire e.example/f v0.1.0\n\nreplace a.example/b => ../b\nreplace (\n\te.example/f v0.1.0 => g.example/h v2.0.0\n)\nnonsense here\n")
	assert.Equal(t, "1.26.0", m.Go)
	assert.Equal(t, "go1.27.3", m.Toolchain)
	assert.Equal(t, []ModVersion{{"a.example/b", "v1.0.0", false}, {"c.example/d", "v1.2.0", true}, {"e.example/f", "v0.1.0", false}}, m.Require)
	_, summed := m.replaced(m.Require[0])
	assert.False(t, summed, "a directory has no sum")
	to, summed := m.replaced(m.Require[2])
	assert.True(t, summed)
	assert.Equal(t, "g.example/h", to.Path)
}

func TestOldestSupported(t *testing.T) {
	for day, want := range map[string]string{
		"2026-02-20": "go1.24", "2026-03-01": "go1.25", "2026-08-31": "go1.25", "2026-09-01": "go1.26", "2026-11-30": "go1.26", "2027-03-02": "go1.27", "2025-10-01": "go1.24",
	} {
		now, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		assert.Equal(t, want, oldestSupported(now), day)
	}
}

func TestToolchainOf(t *testing.T) {
	for value, want := range map[string][3]any{
		"local": {"", "", true}, "auto": {"", "auto", true}, "path": {"", "path", true}, "go1.26.8": {"go1.26.8", "", true},
		"go1.27rc1+auto": {"go1.27rc1", "auto", true}, "local+path": {"", "path", true}, "go1.26.8-corp+path": {"go1.26.8", "path", true},
		"nonsense": {"nonsense", "", false}, "auto+auto": {"", "", false}, "1.26": {"1.26", "", false}, "go1.26+no": {"go1.26", "no", false},
	} {
		release, how, ok := toolchainOf(value)
		assert.Equal(t, want, [3]any{release, how, ok}, value)
	}
}

func TestNetrcFaults(t *testing.T) {
	for text, want := range map[string][]string{
		"machine a login b password c\n":                          nil,
		"machine a\n\tlogin b\n\tpassword c\nmachine d login e\n": {"n:4: machine without login and password"},
		"machine a login b password c d\n":                        {"n:1: a word that is no keyword (a space in a password?)"},
		"machine a login\nb password c\n":                         {"n:1: login without a value on its line", "n:2: a word that is no keyword (a space in a password?)"},
		"machine a login b password \"c\"\n":                      {"n:1: quotes, which go takes as they are"},
		"macdef init\nls\ncd x\n\nmachine a login b password c\n": nil,
		"# comment\ndefault login anonymous password x\n":         nil,
		"": nil,
	} {
		assert.Equal(t, want, netrcFaults("n", text), text)
	}
}

func TestCutOff(t *testing.T) {
	long := strings.Repeat(`C:\x;`, 250)
	assert.Equal(t, `C:\P`, cutOff(`C:\short`, long[:1020]+`C:\P`))
	assert.Empty(t, cutOff(long, `C:\Windows`))
}

// TestTwoBroken: what is wrong with one variable is not said again because of another.
func TestTwoBroken(t *testing.T) {
	needGo(t)
	goos := "windows"
	if runtime.GOOS == goos {
		goos = "linux"
	}
	p := newPerson(t)
	report := p.report(t, "all", []string{"GOROOT=/nonexistent", "GOOS=" + goos}, "", "")
	var broken []string
	for _, r := range report.Results {
		if r.Status == Error {
			broken = append(broken, r.ID)
		}
	}
	assert.Equal(t, []string{"go.target", "go.goroot"}, broken)
}
