package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// start runs s until the test ends, and returns its URL.
func start(t *testing.T, s *service) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.run(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return "http://" + l.Addr().String()
}

func get(t *testing.T, url string) (body string) {
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

func TestEndsIfServingFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	assert.ErrorIs(t, (&service{}).run(t.Context(), l), net.ErrClosed)
}

func TestStopsWhole(t *testing.T) {
	procx.Check(t, &procx.Options{Settle: time.Minute}) // also on a busy machine
	url := start(t, &service{patience: time.Minute})
	get(t, url+"/quote")
	body := get(t, url+"/leaks")
	assert.Equal(t, "[]\n", body)
}

func TestReportsLine(t *testing.T) {
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	before, _, ok := bytes.Cut(source, []byte("go s.ask("))
	require.True(t, ok)

	url := start(t, &service{
		patience: 10 * time.Millisecond,
		watch:    procx.WatchConfig{Every: 50 * time.Millisecond, Rounds: 5, Threshold: 10, CPU: 1},
	})
	deadline := time.Now().Add(2 * time.Minute)
	for {
		get(t, url+"/quote?slow=1")
		body := get(t, url+"/leaks")
		var findings []procx.Finding
		require.NoError(t, json.Unmarshal([]byte(body), &findings))
		if len(findings) > 0 {
			f := findings[0]
			assert.True(t, strings.HasSuffix(f.Function, ".ask"), f.Function)
			assert.True(t, strings.HasSuffix(f.CreatedBy, ".quote"), f.CreatedBy)
			assert.Equal(t, "main.go", filepath.Base(f.File))
			assert.Equal(t, bytes.Count(before, []byte("\n"))+1, f.Line)
			assert.Equal(t, "chan send", f.State)
			return
		}
		require.True(t, time.Now().Before(deadline), "no finding")
	}
}
