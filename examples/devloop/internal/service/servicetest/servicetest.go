// Package servicetest runs a service in the process of a test.
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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

// A Service runs until the end of the test, which fails if the service does.
type Service struct {
	URL  string
	Stop func() error // stops the service and waits for its end; can be called again
}

// Start runs a service at a free port of localhost with a data directory of its own, and waits until
// it serves. env has further settings, which override those.
func Start(t testing.TB, spec service.Spec, env map[string]string) *Service {
	t.Helper()
	dir := t.TempDir()
	all := map[string]string{"LISTEN": "localhost:0", "DATA_DIR": dir, "ADDR_FILE": filepath.Join(dir, "addr")}
	maps.Copy(all, env)
	config, from, err := service.LoadConfig(spec, "", func(name string) (string, bool) { v, ok := all[name]; return v, ok })
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx, spec, config, from) }()
	s := &Service{Stop: sync.OnceValue(func() error { cancel(); return <-ended })}
	t.Cleanup(func() { assert.NoError(t, s.Stop(), spec.Name) })
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

// Send sends a request with the given header, name after value, and returns the answer and its body.
func Send(t testing.TB, method, url, body string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, string(data)
}
