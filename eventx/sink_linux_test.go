package eventx

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/journal"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// listenUnixgram opens a log daemon's socket. receive returns the next message, or the content of a
// memory file.
func listenUnixgram(t *testing.T) (path string, receive func() string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	receive, _ = listenAt(t, path)
	return path, receive
}

func listenAt(t *testing.T, path string) (receive func() string, stop func()) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return func() string {
		data, oob := make([]byte, 1<<20), make([]byte, 1024)
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Minute)))
		n, oobn, _, _, err := conn.ReadMsgUnix(data, oob)
		require.NoError(t, err)
		if oobn == 0 {
			return string(data[:n])
		}
		messages, err := unix.ParseSocketControlMessage(oob[:oobn])
		require.NoError(t, err)
		fds, err := unix.ParseUnixRights(&messages[0])
		require.NoError(t, err)
		require.Len(t, fds, 1)
		file := os.NewFile(uintptr(fds[0]), "received")
		defer file.Close()
		seals, err := unix.FcntlInt(file.Fd(), unix.F_GET_SEALS, 0)
		require.NoError(t, err)
		assert.Equal(t, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_WRITE|unix.F_SEAL_SEAL, seals)
		content, err := io.ReadAll(io.NewSectionReader(file, 0, 1<<30))
		require.NoError(t, err)
		return string(content)
	}, func() { conn.Close(); os.Remove(path) }
}

// useSockets sets the paths of the system's log sockets.
func useSockets(t *testing.T, journald string, syslog ...string) {
	t.Helper()
	oldJournal, oldSyslog := journalSocket, syslogSockets
	journalSocket, syslogSockets = journald, syslog
	t.Cleanup(func() { journalSocket, syslogSockets = oldJournal, oldSyslog })
}

func TestJournalSocket(t *testing.T) {
	path, receive := listenUnixgram(t)
	useSockets(t, path)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	l := slog.New(h)
	l.Warn("small", ID(4000), "k", "v")
	l.Warn("large", "data", strings.Repeat("0123456789abcde\n", 1<<16))
	l.Warn("small again")
	got, err := eventtest.DecodeJournal([]byte(receive()))
	require.NoError(t, err)
	assert.Equal(t, []string{"MESSAGE=small", "PRIORITY=4", "SYSLOG_IDENTIFIER=surefoot-test", "EVENT_ID=4000", "MESSAGE_ID=" + journal.MessageID("surefoot-test", 4000), "K=v"}, got)
	got, err = eventtest.DecodeJournal([]byte(receive()))
	require.NoError(t, err)
	assert.Equal(t, "MESSAGE=large", got[0])
	assert.Equal(t, "DATA="+strings.Repeat("0123456789abcde\n", 1<<16), got[3])
	got, err = eventtest.DecodeJournal([]byte(receive()))
	require.NoError(t, err)
	assert.Equal(t, "MESSAGE=small again", got[0])
	flush(t, h)
	assert.Equal(t, Stats{Sent: 3, Written: 3}, checkSum(t, h))
	assert.Empty(t, out.String())
}

// TestJournalHangs covers a journald that does not read, so that its socket fills up.
func TestJournalHangs(t *testing.T) {
	path, _ := listenUnixgram(t)
	useSockets(t, path)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out, Rate: Rate{PerSecond: -1}})
	l := slog.New(h)
	const n = 1000 // the kernel queues net.unix.max_dgram_qlen, 512 at most by default
	for range n {
		l.Warn("m", "pad", strings.Repeat("x", 2000))
	}
	flush(t, h)
	s := checkSum(t, h)
	assert.Equal(t, uint64(n), s.Written)
	assert.NotZero(t, s.Errors)
	assert.Contains(t, out.String(), "the log can't be written")
	assert.Contains(t, out.String(), "systemctl status systemd-journald")
}

// TestJournalRestarts checks that the end of journald is noticed and that a new one is found.
func TestJournalRestarts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	receive, stop := listenAt(t, path)
	useSockets(t, path)
	s, err := openSystemSink("orders")
	require.NoError(t, err)
	_, err = s.Write(queue.Note(slog.LevelWarn, "before"))
	require.NoError(t, err)
	assert.Contains(t, receive(), "MESSAGE=before\n")

	stop()
	_, err = s.Write(queue.Note(slog.LevelWarn, "meanwhile"))
	assert.True(t, queue.IsLost(err), "%v", err)
	assert.NoError(t, s.Close())
	receive, _ = listenAt(t, path)
	s, err = openSystemSink("orders")
	require.NoError(t, err)
	_, err = s.Write(queue.Note(slog.LevelWarn, "after"))
	require.NoError(t, err)
	assert.Contains(t, receive(), "MESSAGE=after\n")
	assert.NoError(t, s.Close())
}

func TestSyslogSocket(t *testing.T) {
	path, receive := listenUnixgram(t)
	useSockets(t, path+"-absent", path+"-absent", path)
	h := newHandler(t, nil)
	slog.New(h).Warn("m", "k", "v")
	assert.Regexp(t, `^<28>... .. ..:..:.. surefoot-test\[\d+\]: m k=v$`, receive())
	flush(t, h)
	assert.Equal(t, Stats{Sent: 1, Written: 1}, checkSum(t, h))
}

// TestDeadJournal checks that a socket left behind by journald is treated like a missing one.
func TestDeadJournal(t *testing.T) {
	dead := filepath.Join(t.TempDir(), "socket")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: dead, Net: "unixgram"})
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.FileExists(t, dead)
	path, receive := listenUnixgram(t)
	useSockets(t, dead, path)
	state, err := Status("orders")
	require.NoError(t, err)
	assert.Equal(t, Syslog, state.Mode)
	h := newHandler(t, nil)
	slog.New(h).Warn("m")
	assert.Contains(t, receive(), ": m")
}

func TestNoLog(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent")
	useSockets(t, absent, absent)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	slog.New(h).Warn("m")
	require.NoError(t, h.Flush(context.Background()))
	assert.Contains(t, out.String(), "level=WARN msg=m")
	assert.Equal(t, Stats{Sent: 1, Written: 1, Errors: 1}, checkSum(t, h))
}
