package debugtest

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/procx/inspect"
)

// A handler is where a request passes in a service.
type handler struct {
	service, file string
	line          string // a part of the source line at which to stop
	request       string
	status        int
	variables     map[string]string // expressions and what they are there
}

var handlers = []handler{
	{"user-service", "internal/users/users.go", "errors.Is(err, sql.ErrNoRows)", "/users/nobody", http.StatusNotFound,
		map[string]string{"r.Method": "GET", "r.URL.Path": "/users/nobody", "u.ID": ""}},
	{"order-service", "internal/orders/orders.go", "errors.Is(err, sql.ErrNoRows)", "/orders/nothing", http.StatusNotFound,
		map[string]string{"r.Method": "GET", "r.URL.Path": "/orders/nothing"}},
	{"api-gateway", "internal/gateway/gateway.go", "if r.URL.RawQuery != ", "/api/users/nobody", http.StatusServiceUnavailable,
		map[string]string{"r.URL.Path": "/api/users/nobody", "len(body)": "0", "err == nil": "true", "to != nil": "true", "w != nil": "true"}},
}

// find returns the file of h in the module, and the number of its line.
func (h handler) find(t *testing.T, module string) (file string, line int) {
	t.Helper()
	file = filepath.Join(module, filepath.FromSlash(h.file))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	before, _, found := strings.Cut(string(data), h.line)
	require.True(t, found, "%q in %s", h.line, file)
	return filepath.ToSlash(file), strings.Count(before, "\n") + 1
}

// An observation is what delve shows of a request that passes a handler.
type observation struct {
	set       error // that of setting the breakpoint
	stop      *stop // nil if the request was answered without one
	variables map[string]string
	unread    []string
	answer    int
}

// observe lets a service go on with a breakpoint in its handler, and asks for what passes there.
func observe(t *testing.T, d *debugger, p place, h handler, module string) observation {
	t.Helper()
	file, line := h.find(t, module)
	set := d.breakAt(file, line)
	stopped := d.goOn()
	o := pass(t, d, stopped, h, p.url(t, d.output)+h.request)
	o.set = set
	return o
}

// pass sends a request, which may stop the service.
func pass(t *testing.T, d *debugger, stopped <-chan *stop, h handler, url string) (o observation) {
	t.Helper()
	answered := make(chan int, 1)
	go func() {
		status, _ := get(url)
		answered <- status
	}()
	select {
	case o.answer = <-answered:
		return o
	case o.stop = <-stopped:
	case <-time.After(limit):
		require.FailNow(t, "neither a stop nor an answer", "%s", d.output)
	}
	require.NotNil(t, o.stop, "%s", d.output)
	o.variables = map[string]string{}
	for expr := range h.variables {
		value, err := d.eval(expr)
		if err != nil {
			o.unread = append(o.unread, expr+": "+err.Error())
			continue
		}
		o.variables[expr] = value
	}
	require.NotNil(t, o.stop.Breakpoint, "stopped at %s:%d", o.stop.File, o.stop.Line)
	require.NoError(t, d.clear(o.stop.Breakpoint.ID)) // who asks may not have waited, and ask again
	d.goOn()
	select {
	case o.answer = <-answered:
	case <-time.After(limit):
		require.FailNow(t, "no answer after the stop", "%s", d.output)
	}
	return o
}

func TestBreakpointsHit(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the services without optimisation")
	}
	module := copyModule(t)
	for _, h := range handlers {
		t.Run(h.service, func(t *testing.T) {
			exe, p := buildToDebug(t, module, h.service), newPlace(t)
			r, err := inspect.BuildOf(exe)
			require.NoError(t, err)
			assert.Equal(t, inspect.Debuggable, r.Verdict, r.Reason)

			o := observe(t, debugProgram(t, tool(t, delve), exe, p.env()), p, h, module)
			require.NoError(t, o.set)
			require.NotNil(t, o.stop, "the breakpoint does not hit")
			file, line := h.find(t, module)
			assert.Equal(t, file, filepath.ToSlash(o.stop.File))
			assert.Equal(t, line, o.stop.Line)
			assert.False(t, o.stop.Function.Optimized)
			assert.Empty(t, o.unread)
			assert.Equal(t, h.variables, o.variables)
			assert.Equal(t, h.status, o.answer)
		})
	}
}

// A debugger that attaches to a running service and detaches again does not end the service.
func TestAttach(t *testing.T) {
	t.Parallel()
	dlv := tool(t, delve)
	module := copyModule(t)
	h := handlers[len(handlers)-1]
	p, output := newPlace(t), new(testenv.Buffer)
	cmd := exec.Command(buildToDebug(t, module, h.service))
	cmd.Env = p.env()
	start(t, cmd, output, func() { interrupt(cmd) })
	url := p.url(t, output)

	t.Run("attached", func(t *testing.T) {
		o := observe(t, debug(t, dlv, p.env(), false, "attach", strconv.Itoa(cmd.Process.Pid)), p, h, module)
		require.NoError(t, o.set)
		require.NotNil(t, o.stop, "the breakpoint does not hit")
		assert.Equal(t, h.variables, o.variables)
		assert.Equal(t, h.status, o.answer)
	})
	status, body := get(url + h.request)
	assert.Equal(t, h.status, status, body)
}

// dev runs all services but the one in the debugger, and they call that one.
func TestDevWithoutTheServiceToDebug(t *testing.T) {
	t.Parallel()
	dlv := tool(t, delve)
	module := copyModule(t)
	h := handlers[0]
	p := newPlace(t)
	d := debugProgram(t, dlv, buildToDebug(t, module, h.service), p.env())
	require.NoError(t, d.breakAt(h.find(t, module)))
	stopped := d.goOn()
	url := p.url(t, d.output)

	orders, gateway := freeAddr(t), freeAddr(t) // other programs may have the usual ports
	addresses := filepath.Join(module, "dev.toml")
	replace(t, addresses, `"localhost:8082"`, strconv.Quote(orders))
	replace(t, addresses, `"localhost:8000"`, strconv.Quote(gateway))
	exe, output := filepath.Join(t.TempDir(), "dev.exe"), new(testenv.Buffer)
	runGo(t, module, "build", "-o", exe, "./cmd/dev")
	runGo(t, module, "build", "./cmd/...") // what is in the go command's cache needs not be awaited below
	dev := exec.Command(exe, "-without", h.service, "-status", "")
	dev.Dir = module
	dev.Env = append(newPlace(t).env(), "USER_SERVICE_URL="+url, "GOFLAGS=", "GOWORK=off")
	start(t, dev, output, func() { interrupt(dev) })
	require.Eventually(t, func() bool {
		status, _ := get("http://" + gateway + "/readyz")
		return status == http.StatusOK
	}, limit, 50*time.Millisecond, "%s", output)

	o := pass(t, d, stopped, h, "http://"+gateway+"/api"+h.request)
	require.NotNil(t, o.stop, "the breakpoint does not hit: %s", output)
	assert.Equal(t, h.variables, o.variables)
	assert.Equal(t, h.status, o.answer)
}

// freeAddr returns an address at which nothing listens for now.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// BuildOf reports what delve finds in builds that are not for a debugger.
func TestOtherBuildsMatchReport(t *testing.T) {
	t.Parallel()
	dlv := tool(t, delve)
	module := copyModule(t)
	h := handlers[len(handlers)-1] // the one that builds fastest
	for _, tt := range []struct {
		name  string
		flags []string
		want  inspect.Verdict
		fix   string // how delve's user comes to a build that works
	}{
		{"plain", nil, inspect.Optimized, `go build -gcflags="all=-N -l"`},
		{"trimmed", []string{"-trimpath"}, inspect.Optimized, `go build -trimpath=false -gcflags="all=-N -l"`},
		{"stripped", []string{"-ldflags=-s -w"}, inspect.Stripped, `go build -gcflags="all=-N -l" -ldflags=""`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			exe := filepath.Join(t.TempDir(), "service.exe")
			runGo(t, module, slices.Concat([]string{"build", "-o", exe}, tt.flags, []string{"./cmd/" + h.service})...)
			r, err := inspect.BuildOf(exe)
			require.NoError(t, err)
			assert.Equal(t, tt.want, r.Verdict)
			assert.Equal(t, tt.fix+" "+r.Package, r.Fix)

			p := newPlace(t)
			o := observe(t, debugProgram(t, dlv, exe, p.env()), p, h, module)
			assert.Equal(t, h.status, o.answer)
			t.Logf("%s\nset: %v; not to be read: %q", r.Reason, o.set, o.unread)
			if r.Trimpath || !r.DWARF { // delve knows the file by no name, or not at all
				assert.Error(t, o.set)
				assert.Nil(t, o.stop)
				return
			}
			require.NotNil(t, o.stop, "%v", o.set)
			assert.True(t, o.stop.Function.Optimized)
			assert.NotEmpty(t, o.unread, "every variable can be read: %v", o.variables)
		})
	}
}
