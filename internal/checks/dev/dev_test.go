package dev

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/internal/checks/browser"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/procx/child"
)

// limit is how long what must come at some time may take on a busy machine.
const limit = 3 * time.Minute

const (
	gateway = "http://localhost:8000"
	users   = "http://localhost:8081"
	orders  = "http://localhost:8082"
)

// TestDev is a morning's work with the real services, on a copy of the module: all start; clients
// see no failure through ten reloads; a crash shows; Ctrl+C ends everything.
func TestDev(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: builds and runs three services")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here: ", err)
	}
	if testenv.CanUnshare() == nil && !testenv.InNetNS(t) {
		return // the child has run the test, in a network where all ports are free
	}
	for _, url := range []string{gateway, users, orders, "http://localhost:8090"} {
		l, err := net.Listen("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Skip("another process uses a port of the services, perhaps a dev: ", err)
		}
		l.Close()
	}
	dir := copyModule(t)
	program := startDev(t, dir)
	id := create(t, users+"/users", `{"name": "张伟", "email": "zhang@example.com"}`)

	t.Run("ten reloads without a failed request", func(t *testing.T) { tenReloads(t, dir, id) })
	t.Run("the status page", statusPage)
	t.Run("the end", func(t *testing.T) {
		var pids []int
		for _, s := range status(t) {
			pids = append(pids, s.PID)
		}
		require.Len(t, pids, 3)
		require.NoError(t, program.Stop(t.Context()), "as by Ctrl+C")
		for _, url := range []string{gateway, users, orders} {
			_, err := http.Get(url)
			assert.Error(t, err, "%s still answers", url)
		}
		for _, pid := range pids {
			if process, err := os.FindProcess(pid); err == nil && runtime.GOOS != "windows" {
				assert.ErrorIs(t, process.Signal(syscall.Signal(0)), os.ErrProcessDone, "process %d", pid)
			}
		}
	})
}

// copyModule copies what dev needs of the services' module. The copy uses the library and dev where
// they are.
func copyModule(t *testing.T) string {
	t.Helper()
	module, err := filepath.Abs("../../../examples/devloop")
	require.NoError(t, err)
	root := filepath.Dir(filepath.Dir(module))
	dir := t.TempDir()
	require.NoError(t, filepath.WalkDir(module, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(module, file)
		if err != nil {
			return err
		}
		switch ext := filepath.Ext(name); {
		case strings.HasSuffix(name, "_test.go"):
			return nil
		case !slices.Contains([]string{".go", ".mod", ".sum", ".toml"}, ext):
			return nil
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if name == "go.mod" {
			data = bytes.Replace(data, []byte("=> ../.."), fmt.Appendf(nil, "=> %q", filepath.ToSlash(root)), 1)
			data = bytes.Replace(data, []byte("=> ../dev"), fmt.Appendf(nil, "=> %q", filepath.ToSlash(root)+"/examples/dev"), 1)
		}
		to := filepath.Join(dir, name)
		return errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, data, 0o644))
	}))
	return dir
}

// startDev runs dev as the README says until the test ends, and returns once the gateway is ready.
func startDev(t *testing.T, dir string) *child.Proc {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "dev.exe")
	build := exec.Command("go", "build", "-o", binary, "./cmd/dev")
	build.Dir = dir
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	log := &testenv.Buffer{}
	cmd := exec.Command(binary)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DATA_DIR="+filepath.Join(t.TempDir(), "data"), "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = log, log
	program, err := child.Start(context.Background(), cmd, &child.Options{Grace: time.Minute})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- program.Wait() }()
	t.Cleanup(func() {
		assert.NoError(t, program.Stop(context.Background()))
		assert.NoError(t, <-ended, "dev's exit code")
		if t.Failed() {
			t.Log(log)
		}
	})
	require.Eventually(t, func() bool {
		resp, err := http.Get(gateway + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, limit, 50*time.Millisecond, "%s", log)
	return program
}

// tenReloads saves a one-line change ten times while clients of all kinds poll.
func tenReloads(t *testing.T, dir, user string) {
	file := filepath.Join(dir, "internal", "orders", "orders.go")
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	const line = `"no order has the ID %q"`
	require.Contains(t, string(source), line)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var wg sync.WaitGroup
	var done atomic.Int64
	poll := func(name string, keepAlive bool, request func(client *http.Client) error) {
		transport := &http.Transport{DisableKeepAlives: !keepAlive}
		client := &http.Client{Transport: transport}
		wg.Go(func() {
			defer transport.CloseIdleConnections()
			for ctx.Err() == nil {
				if err := request(client); !assert.NoError(t, err, name) {
					return
				}
				done.Add(1)
				time.Sleep(25 * time.Millisecond) // of a client that polls, not of a wait; six of them take a core without it
			}
		})
	}
	for _, keepAlive := range []bool{true, false} {
		poll("GET from the service", keepAlive, func(c *http.Client) error { return call(c, http.MethodGet, orders+"/orders?user=nobody", "", 200) })
		poll("GET through the gateway", keepAlive, func(c *http.Client) error {
			return call(c, http.MethodGet, gateway+"/api/users/"+user+"/orders", "", 200)
		})
		poll("POST to the service", keepAlive, func(c *http.Client) error {
			return call(c, http.MethodPost, orders+"/orders", fmt.Sprintf(`{"user_id": %q, "item": "tea", "quantity": 1}`, user), 201)
		})
	}

	var took []time.Duration
	for n := range 10 {
		text := fmt.Sprintf("no order, says version %d, has the ID", n)
		changed := strings.Replace(string(source), line, fmt.Sprintf(`"%s %%q"`, text), 1)
		begin := time.Now()
		require.NoError(t, os.WriteFile(file, []byte(changed), 0o644))
		require.Eventually(t, func() bool {
			resp, err := http.Get(orders + "/orders/x")
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			return strings.Contains(string(body), text)
		}, limit, 10*time.Millisecond, "version %d", n)
		took = append(took, time.Since(begin))
	}
	stop()
	wg.Wait()
	slices.Sort(took)
	t.Logf("save to serving: median %v, %v to %v; %d requests, none failed", took[5].Round(time.Millisecond),
		took[0].Round(time.Millisecond), took[9].Round(time.Millisecond), done.Load())
	assert.NotZero(t, done.Load())
}

// statusPage has a browser look at the services while one of them crashes, is stopped and is
// started again.
func statusPage(t *testing.T) {
	if _, err := browser.Find(); err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
		t.Skip("no browser to look at the page with: ", err)
	}
	tab, closeBrowser, err := browser.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(closeBrowser)
	wait := func(condition string) float64 {
		t.Helper()
		value, err := chromedp.Run(tab, chromedp.Poll[float64](condition, chromedp.WithPollingTimeout(limit)))
		require.NoError(t, err, condition)
		return value
	}
	const green, red = `document.documentElement.dataset.level === "ok" ? 1 : 0`, `document.documentElement.dataset.level === "bad" ? 1 : 0`
	require.NoError(t, chromedp.Do(tab, chromedp.Navigate("http://localhost:8090/")))
	wait(green)
	require.NoError(t, chromedp.Do(tab, chromedp.Evaluate[chromedp.Void](`window.reds = [];
		new MutationObserver(() => { if (document.documentElement.dataset.level === "bad") reds.push(Date.now()) })
			.observe(document.documentElement, { attributeFilter: ["data-level"] })`)))

	for _, s := range status(t) {
		assert.Equal(t, page.Healthy, s.State, s.Name)
		if s.Name != "order-service" {
			continue
		}
		process, err := os.FindProcess(s.PID)
		require.NoError(t, err)
		require.NoError(t, process.Kill())
	}
	killed := time.Now()
	at := wait(`window.reds[0]`)
	t.Logf("red %v after the crash", time.UnixMilli(int64(at)).Sub(killed).Round(time.Millisecond))
	wait(green) // it has been started again

	require.NoError(t, chromedp.Do(tab, chromedp.Click(chromedp.CSS(`article:nth-child(2) [data-order=stop]`))))
	wait(red)
	wait(`document.querySelector("article:nth-child(2) [data-order=start]").ariaDisabled === "false" ? 1 : 0`)
	require.NoError(t, chromedp.Do(tab, chromedp.Click(chromedp.CSS(`article:nth-child(2) [data-order=start]`))))
	wait(green)
}

// create posts a new thing and returns its ID.
func create(t *testing.T, url, body string) string {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	var made struct{ ID string }
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&made))
	return made.ID
}

// call returns an error unless a request gets the status that it should.
func call(c *http.Client, method, url, body string, want int) error {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, answer)
	}
	return err
}

// status is what dev says of the services.
func status(t *testing.T) []page.Service {
	t.Helper()
	resp, err := http.Get("http://localhost:8090/status.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	var s page.Status
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&s))
	return s.Services
}
