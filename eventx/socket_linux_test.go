package eventx

import (
	"bufio"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/journal"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSyslogStream covers a /dev/log that is a stream, as with syslog-ng.
func TestSyslogStream(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	l, err := net.Listen("unix", path)
	require.NoError(t, err)
	defer l.Close()
	useSockets(t, path+"-absent", path)
	state, err := Status("orders")
	require.NoError(t, err)
	assert.Equal(t, Syslog, state.Mode)
	status, err := l.Accept()
	require.NoError(t, err)
	status.Close()

	h := newHandler(t, nil)
	slog.New(h).Error("one\nline")
	slog.New(h).Error("two", "data", strings.Repeat("x", 5000))
	conn, err := l.Accept()
	require.NoError(t, err)
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	require.True(t, lines.Scan())
	assert.Regexp(t, `^<27>.* surefoot-test\[\d+\]: one\\nline$`, lines.Text())
	require.True(t, lines.Scan())
	assert.Regexp(t, `: two data=x+$`, lines.Text())
}

// TestHugeEvent checks that the time to copy 64 MiB is not attributed to the daemon.
func TestHugeEvent(t *testing.T) {
	path, receive := listenUnixgram(t)
	useSockets(t, path)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	huge := strings.Repeat("0123456789abcdef", 4<<20)
	slog.New(h).Warn("huge", "data", huge)
	got := receive()
	assert.True(t, strings.Contains(got, "\nDATA="+huge+"\n"))
	flush(t, h)
	assert.Empty(t, out.String())
	assert.Equal(t, Stats{Sent: 1, Written: 1}, checkSum(t, h))
}

// TestLogNamespace checks that the journald of the service's namespace gets the events.
func TestLogNamespace(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"journal", "journal.shop"} {
		require.NoError(t, unix.Mkdir(filepath.Join(dir, name), 0o700))
	}
	receive, _ := listenAt(t, filepath.Join(dir, "journal.shop", "socket"))
	other, _ := listenAt(t, filepath.Join(dir, "journal", "socket"))
	useSockets(t, filepath.Join(dir, "journal", "socket"))
	t.Setenv("LOG_NAMESPACE", "shop")
	slog.New(newHandler(t, nil)).Warn("to the namespace")
	assert.Contains(t, receive(), "MESSAGE=to the namespace\n")
	assert.Contains(t, journal.Args(reading.Filter{}), "--namespace=shop")
	assert.Contains(t, journal.Args(reading.Filter{Namespace: "*"}), "--namespace=*")

	t.Setenv("LOG_NAMESPACE", "none")
	slog.New(newHandler(t, nil)).Warn("to the default")
	assert.Contains(t, other(), "MESSAGE=to the default\n")
}
