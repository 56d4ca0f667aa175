package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/listen"
)

func TestRun(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, w, "127.0.0.1:0")
		w.CloseWithError(err) // or the test would wait for a line that doesn't come
		ended <- err
	}()
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan())
	assert.Contains(t, lines.Text(), "stack: IPv4")
	require.True(t, lines.Scan())
	addr := strings.TrimPrefix(lines.Text(), "listening on ")
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.True(t, lines.Scan())
	assert.Equal(t, "IPv4 peer "+c.LocalAddr().String(), lines.Text())
	greeting, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Equal(t, "hello over IPv4\n", string(greeting))
	cancel()
	assert.NoError(t, <-ended)
}

func TestExplain(t *testing.T) {
	taken, err := listen.Dual("127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	err = run(t.Context(), io.Discard, taken.Addr().String())
	require.ErrorIs(t, err, listen.ErrInUse)
	var text bytes.Buffer
	explain(&text, err)
	assert.Contains(t, text.String(), "port in use")
	assert.Contains(t, text.String(), taken.Addr().String())
}
