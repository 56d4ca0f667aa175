package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{
		"examine": examine,
		"nothing": func([]string) int { return 0 },
	})
}

// examined marks what examine prints.
const examined = "examined: "

// examine is a helper process: it prints what the check that args name finds, or
// what all find, in the directory that they name.
func examine(args []string) int {
	o := Options{Only: args[:1], Dir: args[1], Online: os.Getenv("ONLINE") != ""}
	if args[0] == "all" {
		o.Only = nil
	}
	report, err := Run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out, err := json.Marshal(report)
	if err != nil {
		return 1
	}
	fmt.Println(examined + string(out))
	return 0
}

// look makes one check for real, in this process.
func look(t *testing.T, o Options, check string) Result {
	t.Helper()
	o.Only = []string{check}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	report, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, report.Results, 1)
	return report.Results[0]
}

func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command: ", err)
	}
}

func TestCorruptedModuleCache(t *testing.T) {
	needGo(t)
	// A proxy on disk with one module, so that no network is needed.
	dir := t.TempDir()
	proxy := filepath.Join(dir, "proxy")
	writeProxy(t, proxy)
	project := filepath.Join(dir, "project")
	require.NoError(t, os.MkdirAll(project, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(project, "go.mod"), []byte("module m\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n"), 0o644))
	cache := filepath.Join(dir, "modcache")
	for name, value := range map[string]string{"GOMODCACHE": cache, "GOPROXY": "file:///" + strings.TrimPrefix(filepath.ToSlash(proxy), "/"), "GOSUMDB": "off", "GOFLAGS": "-modcacherw -mod=mod", "GOWORK": "off"} {
		t.Setenv(name, value)
	}
	r := look(t, Options{Dir: project}, "go.sum")
	assert.Equal(t, Unknown, r.Status, r.Summary)
	require.NotNil(t, r.Fix, r.Summary)
	assert.Equal(t, "go mod download", r.Fix.Sh)

	cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "example.com/dep")
	cmd.Dir = project
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)

	r = look(t, Options{Dir: project}, "go.sum")
	require.Equal(t, OK, r.Status, r.Summary)
	file := filepath.Join(cache, "example.com", "dep@v1.0.0", "dep.go")
	require.NoError(t, os.Chmod(file, 0o644))
	require.NoError(t, os.WriteFile(file, []byte("package dep // changed\n"), 0o644))
	r = look(t, Options{Dir: project}, "go.sum")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, strings.Join(r.Evidence, "\n"), "example.com/dep v1.0.0")
	if runtime.GOOS != "windows" {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", r.Fix.Sh).CombinedOutput()
		require.NoError(t, err, "%s", out)
		cmd := exec.CommandContext(t.Context(), "go", "mod", "download", "example.com/dep") // unpacks it again
		cmd.Dir = project
		out, err = cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		assert.Equal(t, OK, look(t, Options{Dir: project}, "go.sum").Status)
		assert.DirExists(t, filepath.Join(cache, "example.com", "dep@v1.0.0.changed"), "it can be undone")
	}
}

func TestPortInUse(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	r := look(t, Options{Ports: []int{port}}, "port.reserved")
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" && runtime.GOOS != "darwin" {
		assert.Equal(t, Unknown, r.Status, r.Summary)
		return
	}
	assert.Equal(t, Warn, r.Status, r.Summary)
	assert.Contains(t, r.Summary, strconv.Itoa(port))
	assert.Contains(t, strings.Join(r.Evidence, "\n"), fmt.Sprint("pid ", os.Getpid()))
}

func TestBuilds(t *testing.T) {
	needGo(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() { println(1) }\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	for flags, want := range map[string]Status{"": Warn, "-gcflags=all=-N -l": OK, "-gcflags=-N -l": Warn, "-ldflags=-s -w": Warn} {
		args := []string{"build", "-o", "prog.exe"}
		if flags != "" {
			args = append(args, flags)
		}
		cmd := exec.CommandContext(t.Context(), "go", append(args, ".")...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		r := look(t, Options{Binary: filepath.Join(dir, "prog.exe")}, "dbg.dlv")
		assert.Equal(t, want, r.Status, "%q: %s", flags, r.Summary)
	}
}

// TestProxyAnswers asks a proxy that does what its path says.
func TestProxyAnswers(t *testing.T) {
	needGo(t)
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		code, _ := strconv.Atoi(strings.Split(r.URL.Path, "/")[1])
		w.WriteHeader(code)
	}))
	defer server.Close()
	at := strings.Replace(server.URL, "http://", "http://li:secret@", 1)
	for path, want := range map[string]Status{"/200": OK, "/404/": OK, "/401": Error, "/503": Error} {
		t.Setenv("GOPROXY", at+path+",direct")
		r := look(t, Options{Online: true}, "go.proxy")
		assert.Equal(t, want, r.Status, "%s: %s", path, r.Summary)
		out, err := json.Marshal(r)
		require.NoError(t, err)
		assert.NotContains(t, string(out), "secret")
	}
	assert.Equal(t, 4, asked)
	assert.Equal(t, OK, look(t, Options{}, "go.proxy").Status)
	assert.Equal(t, 4, asked, "without Online nobody is asked")
	server.Close()
	r := look(t, Options{Online: true}, "go.proxy")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.NotContains(t, r.Summary, "secret")
}

func TestDocker(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its engine has a named pipe")
	}
	dir, err := os.MkdirTemp("", "docker") // the path of a socket must be short
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "s")
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	assert.Equal(t, Warn, look(t, Options{}, "docker").Status, "there is none")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket})
	require.NoError(t, err)
	assert.Equal(t, OK, look(t, Options{}, "docker").Status)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	r := look(t, Options{}, "docker")
	assert.Equal(t, Warn, r.Status)
	assert.Contains(t, r.Summary, "nothing answers")
	t.Setenv("DOCKER_HOST", "tcp://li:secret@build.example:2375")
	r = look(t, Options{}, "docker")
	assert.Equal(t, Unknown, r.Status, "without Online nobody is asked")
	assert.NotContains(t, strings.Join(r.Evidence, ""), "secret")
}

func TestOnlyWhatIsAsked(t *testing.T) {
	report, err := Run(t.Context(), Options{Only: []string{"net.stack", "con.cp"}, Lang: "zh"})
	require.NoError(t, err)
	assert.Len(t, report.Results, 2)
	assert.Equal(t, Schema, report.Schema)
	assert.Equal(t, "zh", report.Lang)
	assert.NotEqual(t, Unknown, report.Results[0].Status, report.Results[0].Summary)
}
