package syslog

import (
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// TestTooLargeForDatagram checks that an event that is too large for the system's datagrams is cut,
// as on a BSD, and that the error is not mistaken for a lost log.
func TestTooLargeForDatagram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	daemon, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer daemon.Close()
	receive := func() string {
		buf := make([]byte, 1<<16)
		n, err := daemon.Read(buf)
		require.NoError(t, err)
		return string(buf[:n])
	}
	s, err := Open([]string{path}, "orders")
	require.NoError(t, err)
	defer s.Close()
	// Linux rejects messages that do not fit into the sender's buffer.
	require.NoError(t, unix.SetsockoptInt(s.(*conn).FD, unix.SOL_SOCKET, unix.SO_SNDBUF, 1024)) // it makes 4,608 of that
	for range 2 {
		cut, err := s.Write(queue.Note(slog.LevelError, "m", slog.String("data", strings.Repeat("x", 6000))))
		require.NoError(t, err)
		assert.True(t, cut)
		assert.Regexp(t, `: m data=x+…\[\+\d+\]$`, receive())
	}
	cut, err := s.Write(queue.Note(slog.LevelError, "small"))
	require.NoError(t, err)
	assert.False(t, cut)
}
