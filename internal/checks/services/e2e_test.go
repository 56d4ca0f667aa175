// Package e2e tests devloop's services as processes that call each other, PostgreSQL and Redis, and
// as Windows services.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/procx/child"
)

// binVar names a directory that has the services' programs: built with other
// flags, or for a system that has no Go. Otherwise the tests build them.
const binVar = "DEVLOOP_BIN"

var (
	buildFlags []string
	built      string // the directory of what was built
)

func TestMain(m *testing.M) {
	code := procx.CheckMain(m, nil)
	os.RemoveAll(built)
	os.Exit(code)
}

var build = sync.OnceValue(func() error {
	if os.Getenv(binVar) != "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "devloop-bin-")
	if err != nil {
		return err
	}
	built = dir
	cmd := exec.Command("go", append([]string{"build", "-o", dir + string(filepath.Separator)}, buildFlags...)...)
	cmd.Args = append(cmd.Args, "./cmd/user-service", "./cmd/order-service", "./cmd/api-gateway")
	cmd.Dir = "../../../examples/devloop"
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return nil
})

// program returns the path of a service's program.
func program(t testing.TB, name string) string {
	t.Helper()
	if os.Getenv(binVar) == "" {
		if _, err := exec.LookPath("go"); err != nil {
			t.Skipf("needs the services: %v; set %s to where they are", err, binVar)
		}
	}
	require.NoError(t, build())
	dir := built
	if dir == "" {
		dir = os.Getenv(binVar)
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

// A process runs until the test's end.
type process struct {
	*child.Proc
	URL string
	out *testenv.Buffer
}

// run starts cmd, which the test's end stops.
func run(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	out := new(testenv.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	p, err := child.Start(context.Background(), cmd, &child.Options{Grace: 30 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Stop(context.Background())
		p.Wait()
		if t.Failed() {
			log := out.String()
			t.Logf("%s\n%s", cmd, log[max(0, len(log)-20_000):])
		}
	})
	return &process{Proc: p, out: out}
}

// command returns the command of a service, which listens at a free port and has a
// directory of its own unless the settings, NAME=VALUE, say otherwise.
func command(t testing.TB, name string, settings ...string) *exec.Cmd {
	t.Helper()
	testenv.NeedWindows(t, "has no console for CTRL_BREAK, by which they are asked to end")
	cmd := exec.Command(program(t, name))
	cmd.Env = append(os.Environ(), "LISTEN=localhost:0", "DATA_DIR="+filepath.Join(t.TempDir(), "data"))
	cmd.Env = append(cmd.Env, settings...)
	return cmd
}

// serve runs a service and waits until it serves.
func serve(t testing.TB, name string, settings ...string) *process {
	t.Helper()
	addr := filepath.Join(t.TempDir(), "addr")
	p := run(t, command(t, name, append(settings, "ADDR_FILE="+addr)...))
	await(t, name+" serves", func() error {
		select {
		case <-p.Ended():
			t.Fatalf("%s has ended: %v\n%s", name, p.Wait(), p.out)
		default:
		}
		url, err := os.ReadFile(addr)
		p.URL = string(url)
		return err
	})
	return p
}

// stop asks a process to end, which must succeed.
func (p *process) stop(t testing.TB) {
	t.Helper()
	require.NoError(t, p.Stop(context.Background()))
	require.NoError(t, p.Wait())
}

// listen returns the setting with which a service listens where p did.
func (p *process) listen() string { return "LISTEN=" + strings.TrimPrefix(p.URL, "http://") }

// await polls until f returns nil.
func await(t testing.TB, what string, f func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	require.NoError(t, err, "waited a minute for this: %s", what)
}

// The three services.
type services struct{ users, orders, gateway *process }

func serveAll(t testing.TB, settings ...string) *services {
	t.Helper()
	var s services
	s.users = serve(t, "user-service", settings...)
	s.orders = serve(t, "order-service", append(settings, "USER_SERVICE_URL="+s.users.URL)...)
	s.gateway = serve(t, "api-gateway", append(settings, "USER_SERVICE_URL="+s.users.URL, "ORDER_SERVICE_URL="+s.orders.URL)...)
	return &s
}

func (s *services) stop(t testing.TB) {
	t.Helper()
	for _, p := range []*process{s.gateway, s.orders, s.users} {
		p.stop(t)
	}
}

var client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 100}}

// send sends a request, with the given ID if any, and returns the answer's status; out
// gets its JSON.
func send(method, url, id string, in, out any) (status int, err error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequest(method, url, body)
	if err != nil {
		return 0, err
	}
	if id != "" {
		req.Header.Set("X-Request-ID", id)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	if out != nil {
		err = json.Unmarshal(data, out)
	}
	return res.StatusCode, err
}

type object = map[string]any

// must is like send, and fails the test unless the status is want.
func must[T any](t testing.TB, want int, method, url, id string, in any) (out T) {
	t.Helper()
	status, err := send(method, url, id, in, &out)
	require.NoError(t, err)
	require.Equal(t, want, status, "%s %s: %v", method, url, out)
	return out
}

// shop makes a user and one order, and returns their IDs.
func shop(t testing.TB, gateway string) (user, order string) {
	t.Helper()
	email := fmt.Sprintf("%d@example.com", time.Now().UnixNano())
	u := must[object](t, 201, "POST", gateway+"/api/users", "", object{"name": "张伟", "email": email})
	user = u["id"].(string)
	o := must[object](t, 201, "POST", gateway+"/api/orders", "", object{"user_id": user, "item": "茶", "quantity": 2})
	return user, o["id"].(string)
}

// state asks /readyz.
func state(p *process) (status int, name, reason string) {
	var h struct{ State, Reason string }
	status, err := send("GET", p.URL+"/readyz", "", nil, &h)
	if err != nil {
		return 0, "", err.Error()
	}
	return status, h.State, h.Reason
}

func awaitState(t testing.TB, p *process, status int, name, reason string) {
	t.Helper()
	await(t, name, func() error {
		if s, n, r := state(p); s != status || n != name || !strings.Contains(r, reason) {
			return fmt.Errorf("it is %d %s: %s", s, n, r)
		}
		return nil
	})
}

// problem checks the JSON of an error.
func problem(t testing.TB, body object, id string) {
	t.Helper()
	assert.Equal(t, id, body["request_id"])
	assert.NotEmpty(t, body["error"])
	assert.Len(t, body, 2)
}

// freePort returns a free port, for a server that can't choose one.
func freePort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
