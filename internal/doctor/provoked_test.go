package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
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

// examine is a helper process: it prints what the check that args name finds, or what all find, in
// the directory that they name.
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
		code, err := strconv.Atoi(strings.Split(r.URL.Path, "/")[1])
		if err != nil {
			fmt.Fprint(w, "<!DOCTYPE html><title>Sign in</title>")
			return
		}
		w.WriteHeader(code)
	}))
	defer server.Close()
	at := strings.Replace(server.URL, "http://", "http://li:secret@", 1)
	for path, want := range map[string]Status{"/200": OK, "/404/": OK, "/401": Error, "/503": Error, "/429": Error, "/511": Error, "/hotel": Error} {
		t.Setenv("GOPROXY", at+path+",direct")
		r := look(t, Options{Online: true}, "go.proxy")
		assert.Equal(t, want, r.Status, "%s: %s", path, r.Summary)
		out, err := json.Marshal(r)
		require.NoError(t, err)
		assert.NotContains(t, string(out), "secret")
	}
	assert.Equal(t, 7, asked)
	assert.Equal(t, OK, look(t, Options{}, "go.proxy").Status)
	assert.Equal(t, 7, asked, "no request without Online")
	t.Setenv("GOPROXY", at+"/hotel")
	assert.Contains(t, look(t, Options{Online: true}, "go.proxy").Summary, "sign-in")
	t.Setenv("GOPROXY", at+"/429")
	assert.Contains(t, look(t, Options{Online: true}, "go.proxy").Summary, "for a while")
	server.Close()
	assert.Equal(t, Error, look(t, Options{}, "go.proxy").Status, "nothing listens on that loopback port, which takes no network to see")
	t.Setenv("GOPROXY", at+"|direct")
	assert.Equal(t, OK, look(t, Options{}, "go.proxy").Status, "direct is asked then")
	r := look(t, Options{Online: true}, "go.proxy")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.NotContains(t, r.Summary, "secret")
}

// TestUntrustedProxy has a certificate that no authority of the system has signed.
func TestUntrustedProxy(t *testing.T) {
	needGo(t)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	t.Setenv("GOPROXY", server.URL)
	r := look(t, Options{Online: true}, "go.proxy")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Summary, "not trusted")
	assert.Contains(t, r.Fix.Do, "root certificate")
}

// TestDockerContext has contexts as docker keeps them.
func TestDockerContext(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its engine has a named pipe")
	}
	dir, err := os.MkdirTemp("", "docker") // the path of a socket must be short
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	socket := filepath.Join(dir, "colima.sock")
	t.Setenv("DOCKER_HOST", "")
	t.Setenv("DOCKER_CONTEXT", "")
	t.Setenv("DOCKER_CONFIG", dir)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths": {}, "currentContext": "colima"}`), 0o600))
	r := look(t, Options{}, "docker")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Summary, `"colima" does not exist`)
	const hash = "f24fd3749c1368328e2b149bec149cb6795619f244c5b584e844961215dadd16" // of the name, as docker has it
	meta := filepath.Join(dir, "contexts", "meta", hash)
	require.NoError(t, os.MkdirAll(meta, 0o755))
	text := fmt.Sprintf(`{"Name": "colima", "Endpoints": {"docker": {"Host": "unix://%s", "SkipTLSVerify": false}}}`, socket)
	require.NoError(t, os.WriteFile(filepath.Join(meta, "meta.json"), []byte(text), 0o600))
	r = look(t, Options{}, "docker")
	assert.Contains(t, []Status{Warn, Skip}, r.Status, r.Summary) // Skip: there is no docker command here
	l, err := net.Listen("unix", socket)
	require.NoError(t, err)
	defer l.Close()
	assert.Equal(t, OK, look(t, Options{}, "docker").Status)
	t.Setenv("DOCKER_CONTEXT", "default")
	assert.NotContains(t, look(t, Options{}, "docker").Summary, "colima")
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
	assert.Equal(t, Unknown, r.Status, "no request without Online")
	assert.NotContains(t, strings.Join(r.Evidence, ""), "secret")
}

func TestOnlyRequestedFacts(t *testing.T) {
	report, err := Run(t.Context(), Options{Only: []string{"net.stack", "con.cp"}, Lang: "zh"})
	require.NoError(t, err)
	assert.Len(t, report.Results, 2)
	assert.Equal(t, Schema, report.Schema)
	assert.Equal(t, "zh", report.Lang)
	assert.NotEqual(t, Unknown, report.Results[0].Status, report.Results[0].Summary)
}
