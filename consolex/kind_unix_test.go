//go:build unix

package consolex

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKindOf(t *testing.T) {
	dir := t.TempDir()
	file, err := os.Create(filepath.Join(dir, "f"))
	require.NoError(t, err)
	defer file.Close()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(t, err)
	defer null.Close()
	folder, err := os.Open(dir)
	require.NoError(t, err)
	defer folder.Close()
	closed, err := os.Open(dir)
	require.NoError(t, err)
	closed.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	socket, err := l.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()

	for _, test := range []struct {
		name string
		f    *os.File
		want Kind
	}{
		{"nil", nil, None}, {"closed", closed, None}, {"dead descriptor", os.NewFile(1<<20, "stdout"), None},
		{"file", file, File}, {"folder", folder, File}, {"pipe's read end", r, Pipe}, {"pipe's write end", w, Pipe},
		{"socket", socket, Pipe}, {"null device", null, Null},
	} {
		assert.Equal(t, test.want, KindOf(test.f), test.name)
	}
}

func TestKindOfTerminal(t *testing.T) {
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo terminal: %v", err)
	}
	defer terminal.Close()
	assert.Equal(t, Pty, KindOf(terminal))

	var fallback strings.Builder
	w := NewWriter(terminal, &WriterOptions{Strip: true, Fallback: &fallback})
	w.kind = None // as after the terminal has died
	_, err = io.WriteString(w, "\x1b[32mx")
	require.NoError(t, err)
	assert.Equal(t, "x", fallback.String(), "a fallback is not a terminal")
}
