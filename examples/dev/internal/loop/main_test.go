package loop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/internal/direct"
	"github.com/surefoot-go/surefoot/examples/dev/internal/fake"
	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/procx"
)

const limit = time.Minute // for what must come at some time

const recorder = "run-as-recorder" // how the test's binary is started to call direct.Record

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == recorder {
		os.Exit(direct.Record(os.Args[2:]))
	}
	testenv.Main(m, map[string]func([]string) int{"service": prebuilt})
}

// A rig is a supervisor at work on a module of its own.
type rig struct {
	*Supervisor
	t    *testing.T
	dir  string // of the module
	out  *testenv.Buffer
	stop func() error // ends it and returns Run's error
}

// newModule is a module with the services alpha and beta, which needs alpha.
func newModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source, err := os.ReadFile(filepath.Join("..", "fake", "fake.go"))
	require.NoError(t, err)
	save(t, filepath.Join(dir, "go.mod"), "module example.test\n\ngo 1.26\n")
	save(t, filepath.Join(dir, "fake", "fake.go"), string(source))
	for _, name := range []string{"alpha", "beta"} {
		save(t, filepath.Join(dir, "cmd", name, "main.go"), `package main

import (
	"os"

	"example.test/fake"
)

func main() { os.Exit(fake.Main(version, manner)) }
`)
		saveVersion(t, dir, name, "1", "ok")
	}
	return dir
}

func saveVersion(t *testing.T, dir, service, version, manner string) {
	t.Helper()
	save(t, filepath.Join(dir, "cmd", service, "version.go"),
		fmt.Sprintf("package main\n\nconst version, manner = %q, %q\n", version, manner))
}

func save(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

// start runs a supervisor of the module in dir until the test ends. Where there is no go command,
// as under Wine, the test's own binary stands for what it would build.
func start(t *testing.T, dir string, change func(*Config)) *rig {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0") // for direct.Record, where this test is built with -race
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	procx.Check(t, nil)
	cfg := Config{Dir: dir, Services: []Service{
		{Name: "alpha", Package: "./cmd/alpha"},
		{Name: "beta", Package: "./cmd/beta", Needs: []string{"alpha"}},
	}}
	r := &rig{t: t, dir: dir, out: &testenv.Buffer{}}
	for i := range cfg.Services {
		cfg.Services[i].Address = "localhost:0"
		cfg.Services[i].Env = []string{"LISTEN=localhost:0", "ADDR_FILE={addr_file}"}
		cfg.Services[i].Ready = config.Ready{HTTP: "/readyz"}
	}
	cfg.Output = r.out
	exe, err := os.Executable()
	require.NoError(t, err)
	cfg.Recorder = []string{exe, recorder}
	if change != nil {
		change(&cfg)
	}
	if !hasGo() {
		for i := range cfg.Services {
			cfg.Services[i].Env = append(cfg.Services[i].Env, "SUREFOOT_TEST_HELPER=service")
		}
	}
	r.Supervisor, err = New(cfg)
	require.NoError(t, err)
	if !hasGo() {
		r.tools = copies{dir}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(limit):
			return errors.New("it does not end")
		}
	})
	t.Cleanup(func() {
		assert.NoError(t, r.stop())
		assert.NoDirExists(t, r.temp)
		if t.Failed() {
			t.Log(r.out.String())
		}
	})
	return r
}

// await waits until the service is as the function wants it.
func (r *rig) await(name, what string, is func(page.Service) bool) (now page.Service) {
	r.t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(5 * time.Millisecond) {
		for _, svc := range r.Status().Services {
			if svc.Name == name {
				now = svc
			}
		}
		if is(now) {
			return now
		}
		if time.Now().After(end) {
			require.FailNow(r.t, name+" never was "+what, "%+v\n%s", now, r.out.String())
		}
	}
}

func (r *rig) awaitState(name string, state page.State) page.Service {
	r.t.Helper()
	return r.await(name, string(state), func(s page.Service) bool { return s.State == state })
}

// awaitVersion waits until the version is served.
func (r *rig) awaitVersion(name, version string) {
	r.t.Helper()
	url := r.awaitState(name, page.Healthy).URL
	require.Eventually(r.t, func() bool {
		resp, err := http.Get(url)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		return resp.Header.Get("X-Version") == version
	}, limit, 5*time.Millisecond)
}

// awaitPrinted waits until dev has printed the text: it does so once the state says the same.
func (r *rig) awaitPrinted(text string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return strings.Contains(r.out.String(), text) }, limit, 5*time.Millisecond, text)
}

// post sends an order to a fake service.
func post(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Post(url, "", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}

func hasGo() bool {
	_, err := exec.LookPath("go")
	return err == nil
}

// needGo skips a test of the compiler's part.
func needGo(t *testing.T) {
	t.Helper()
	if !hasGo() {
		t.Skip("needs the go command")
	}
}

// copies are tools that copy the test's own binary, which runs prebuilt, and append to each copy
// what its version.go says.
type copies struct{ dir string }

const mark = "\nthis is version.go:"

func (c copies) build(_ context.Context, dir string, services []Service) map[string]made {
	all := map[string]made{}
	for _, svc := range services {
		file := filepath.Join(dir, svc.Name+".exe")
		problem, err := c.copy(file, svc)
		if err != nil {
			all[svc.Name] = made{problem: problem + err.Error()}
		} else {
			all[svc.Name] = made{file: file}
		}
	}
	return all
}

func (c copies) copy(file string, svc Service) (string, error) {
	version, err := os.ReadFile(filepath.Join(c.dir, svc.Package, "version.go"))
	if err != nil {
		return "", err
	}
	if bytes.Contains(version, []byte("does not build")) {
		return "version.go: does not build", errors.New("exit status 1")
	}
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		return "", err
	}
	program = append(append(program, mark...), version...)
	return "", os.WriteFile(file, program, 0o755)
}

func (copies) list(context.Context, []Service) (map[string]*inputs, error) { return nil, nil }

func prebuilt([]string) int {
	exe, err := os.Executable()
	if err != nil {
		return 1
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		return 1
	}
	var version, manner string
	_, source, _ := strings.Cut(string(program[bytes.LastIndex(program, []byte(mark)):]), "= ")
	if _, err := fmt.Sscanf(source, "%q, %q", &version, &manner); err != nil {
		fmt.Println(err)
		return 1
	}
	if runtime.GOOS == "windows" {
		os.Setenv("SUREFOOT_TEST_HELPER", "service") // for its descendant
	}
	return fake.Main(version, manner)
}
