package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/procx/child"
)

// names has the services in the order of their dependencies.
var names = []string{"user-service", "order-service", "api-gateway"}

// patience limits every wait for a condition. It is long, for busy machines.
const patience = 2 * time.Minute

// bin is where the programs of ../cmd are, once build has been called.
var bin string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "devloop-deploy")
	if err != nil {
		panic(err)
	}
	bin = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var build = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-trimpath", "-o", bin+string(filepath.Separator), "./cmd/user-service", "./cmd/order-service", "./cmd/api-gateway")
	cmd.Dir = "../../../examples/devloop"
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // as the Dockerfile does, so that what one has compiled serves the other
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
})

// start starts a program that the test ends, and returns what it writes.
func start(t *testing.T, cmd *exec.Cmd) (*child.Proc, *testenv.Buffer) {
	t.Helper()
	var out testenv.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	p, err := child.Start(context.Background(), cmd, nil) // Cleanup ends it, and sees how it ends
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, p.Stop(context.Background()), filepath.Base(cmd.Path)) // the test's context has ended
		if t.Failed() {
			text := out.String()
			t.Logf("the end of what %s wrote:\n%s", filepath.Base(cmd.Path), text[max(0, len(text)-2000):])
		}
	})
	return p, &out
}

// A stack is the three services as processes.
type stack struct {
	url  map[string]string // by name
	proc map[string]*child.Proc
}

func startStack(t *testing.T) stack {
	t.Helper()
	require.NoError(t, build())
	s := stack{map[string]string{}, map[string]*child.Proc{}}
	dir := t.TempDir()
	for _, name := range names {
		file := filepath.Join(dir, name+".url")
		program := filepath.Join(bin, name)
		if runtime.GOOS == "windows" {
			program += ".exe"
		}
		cmd := exec.Command(program)
		cmd.Env = append(os.Environ(), "LISTEN=localhost:0", "ADDR_FILE="+file, "DATA_DIR="+filepath.Join(dir, "data"),
			"USER_SERVICE_URL="+s.url["user-service"], "ORDER_SERVICE_URL="+s.url["order-service"], "DATABASE_URL=", "REDIS_URL=", "DEBUG_ADDR=")
		p, out := start(t, cmd)
		eventually(t, func() bool {
			url, err := os.ReadFile(file)
			s.url[name] = string(url)
			return err == nil
		}, func() string { return name + " serves: " + out.String() })
		s.proc[name] = p
	}
	return s
}

// traffic sends requests of every kind until the test ends, one at a time.
func (s stack) traffic(t *testing.T) {
	t.Helper()
	base := s.url["api-gateway"]
	var user struct{ ID string }
	require.NoError(t, json.Unmarshal(request(t, http.MethodPost, base+"/api/users", `{"name":"Ann","email":"ann@example.com"}`), &user))
	order := `{"user_id":"` + user.ID + `","item":"tea","quantity":2}`
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		for t.Context().Err() == nil {
			request(t, http.MethodGet, base+"/api/users/"+user.ID+"/orders", "")
			request(t, http.MethodPost, base+"/api/orders", order)
			request(t, http.MethodGet, base+"/api/users/nobody", "")
			request(t, http.MethodGet, base+"/nowhere", "")
			select {
			case <-time.After(20 * time.Millisecond): // a load of some dozens per second
			case <-t.Context().Done():
			}
		}
	}()
}

// request returns the body of any answer, and nil where the test ended first.
func request(t *testing.T, method, url, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewBufferString(body))
	if err != nil {
		t.Error(err)
		return nil
	}
	res, err := http.DefaultClient.Do(req)
	if err == nil {
		defer res.Body.Close()
		var data []byte
		if data, err = io.ReadAll(res.Body); err == nil {
			return data
		}
	}
	if t.Context().Err() == nil {
		t.Error(err)
	}
	return nil
}

// eventually waits for a condition, which what describes.
func eventually(t *testing.T, condition func() bool, what func() string) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", patience, what())
		}
	}
}
