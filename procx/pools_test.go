package procx

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A sharedServer sends the first part of each response, and the rest when told to.
type sharedServer struct {
	*httptest.Server
	asked chan struct{} // for an answer that has to wait, once
	rest  chan struct{}
}

func newSharedServer() *sharedServer {
	s := &sharedServer{asked: make(chan struct{}), rest: make(chan struct{})}
	asked := sync.OnceFunc(func() { close(s.asked) })
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			asked()
		}
		if r.URL.Path == "/slow" {
			<-s.rest
		}
		fmt.Fprint(w, "one")
		if r.URL.Path == "/stream" {
			w.(http.Flusher).Flush()
			<-s.rest
			fmt.Fprint(w, "two")
		}
	}))
	return s
}

func get(t *testing.T, transport *http.Transport, url string) *http.Response {
	t.Helper()
	response, err := (&http.Client{Transport: transport}).Get(url)
	require.NoError(t, err)
	return response
}

func getAll(t *testing.T, transport *http.Transport, url string) {
	t.Helper()
	response := get(t, transport, url)
	_, err := io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
}

// The test that dials passes, and another test continues to use its connection.
func TestInnerSharedTransport(t *testing.T) {
	needInner(t)
	for _, path := range []string{"idle", "held", "/slow", "/stream"} {
		t.Run(path, func(t *testing.T) {
			if path == "held" && leakProfile() == nil {
				t.Skip("only the runtime's leak profile can tell that another has the body")
			}
			server := newSharedServer()
			t.Cleanup(server.CloseClientConnections)
			transport := &http.Transport{}
			dialled, judged := make(chan struct{}), make(chan struct{})
			t.Run("dials", func(t *testing.T) {
				t.Parallel()
				t.Cleanup(func() { close(judged) }) // after the verdict
				Check(t, nil)
				getAll(t, transport, server.URL)
				close(dialled)
				if path != "idle" {
					<-server.asked // the other uses the connection
				}
			})
			t.Run("uses", func(t *testing.T) {
				Check(t, patient)
				t.Parallel()
				<-dialled
				switch path {
				case "held":
					defer get(t, transport, server.URL+"/stream").Body.Close()
					fallthrough
				case "idle":
					<-judged
					transport.CloseIdleConnections()
					return
				}
				go func() { <-judged; close(server.rest) }()
				getAll(t, transport, server.URL+path)
			})
		})
	}
}

// The idle connections of a transport that is never closed, and their server.
func TestInnerIdleTransport(t *testing.T) {
	needInner(t)
	server, meet := newSharedServer(), meeting(2)
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) {
			Check(t, nil)
			t.Parallel()
			getAll(t, &http.Transport{}, server.URL)
			meet()
		})
	}
}

// A body that is never closed keeps its connection.
func TestInnerForgottenBody(t *testing.T) {
	needInner(t)
	server := newSharedServer()
	t.Cleanup(server.CloseClientConnections)
	transport := &http.Transport{}
	judged := make(chan struct{})
	t.Run("forgets", func(t *testing.T) {
		t.Cleanup(func() { close(judged) }) // after the verdict
		Check(t, quick)
		t.Parallel()
		get(t, transport, server.URL+"/stream")
	})
	t.Run("other", func(t *testing.T) {
		Check(t, patient)
		t.Parallel()
		<-judged
	})
}

func TestSharedTransport(t *testing.T) {
	verdicts, out, code := inner(t, "tests", "TestInnerSharedTransport")
	assert.Zero(t, code, out)
	for _, name := range []string{"idle", "held", "/slow", "/stream"} {
		assert.NotEqual(t, "FAIL", verdicts["TestInnerSharedTransport/"+name+"/dials"], out)
	}
	assert.Regexp(t, `--- PASS: TestInnerSharedTransport/idle/dials \(0\.[0-4]`, out, "a verdict that there is no leak does not wait")

	verdicts, out, _ = inner(t, "tests", "TestInnerForgottenBody")
	assert.Equal(t, "FAIL", verdicts["TestInnerForgottenBody/forgets"], out)
	assert.Equal(t, "PASS", verdicts["TestInnerForgottenBody/other"], out)
	assert.Contains(t, out, "net/http.(*persistConn).readLoop [select]")

	verdicts, out, code = inner(t, "checkmain, quick", "TestInnerIdleTransport")
	assert.Equal(t, 1, code)
	assert.Equal(t, "PASS", verdicts["TestInnerIdleTransport"], out)
	assert.Contains(t, out, "the tests left")
	assert.Contains(t, out, "Options.CloseIdle")
}

// Among thousands of goroutines of the same function, Check finds the few that a test has started,
// with and without its label, and with and without other tests running.
func TestInnerFewAmongMany(t *testing.T) {
	needInner(t)
	for range 6000 {
		go waitFor(nil)
	}
	few := func(t *testing.T) {
		for range 5 {
			go waitFor(nil)
		}
	}
	unlabelled := func(t *testing.T) {
		pprof.SetGoroutineLabels(context.Background())
		few(t)
	}
	t.Run("labelled", func(t *testing.T) { Check(t, quick); few(t) })
	t.Run("unlabelled", func(t *testing.T) { Check(t, quick); unlabelled(t) })
	t.Run("clean", func(t *testing.T) { Check(t, patient); startAndWait() })
	t.Run("group", func(t *testing.T) {
		meet := meeting(3)
		t.Run("labelled", func(t *testing.T) { Check(t, quick); t.Parallel(); few(t); meet() })
		t.Run("unlabelled", func(t *testing.T) {
			t.Parallel()
			Check(t, quick)
			unlabelled(t)
			meet()
		})
		t.Run("clean", func(t *testing.T) {
			Check(t, patient)
			t.Parallel()
			startAndWait()
			meet()
		})
	})
}

func startAndWait() {
	var wg sync.WaitGroup
	wg.Go(func() { time.Sleep(time.Millisecond) })
	wg.Wait()
}

func TestFewAmongMany(t *testing.T) {
	const name = "TestInnerFewAmongMany"
	verdicts, out, _ := inner(t, "tests", name)
	assert.Equal(t, map[string]string{name: "FAIL", name + "/labelled": "FAIL", name + "/unlabelled": "FAIL", name + "/clean": "PASS",
		name + "/group": "FAIL", name + "/group/labelled": "FAIL", name + "/group/unlabelled": "FAIL", name + "/group/clean": "PASS"}, verdicts, out)
	assert.NotRegexp(t, `left (\d{2,}|[1-46-9]) goroutines? running`, out)
}
