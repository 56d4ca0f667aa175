// Package servicetest runs a service in a test's own process, and asks it.
package servicetest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

// A Service runs until the test's end, which fails the test if the service does.
type Service struct {
	URL  string
	Stop func() error // tells it to end and waits until it has; can be called again
}

// Start runs a service at a free port of localhost, its data in a directory of the
// test's own, and waits until it serves. env is its environment, and wins.
func Start(t testing.TB, spec service.Spec, env map[string]string) *Service {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"LISTEN": "localhost:0", "DATA_DIR": dir, "ADDR_FILE": filepath.Join(dir, "addr")}
	maps.Copy(all, env)
	config, from, err := service.LoadConfig(spec, "", func(name string) (string, bool) { v, ok := all[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, spec, config, from) }()
	s := &Service{Stop: sync.OnceValue(func() error { cancel(); return <-ended })}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("%s: %v", spec.Name, err)
		}
	})
	for {
		if url, err := os.ReadFile(all["ADDR_FILE"]); err == nil {
			s.URL = string(url)
			return s
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s does not serve: %v", spec.Name, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Send sends a request, with pairs of header names and values, and returns the
// answer with its body.
func Send(t testing.TB, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(data)
}
