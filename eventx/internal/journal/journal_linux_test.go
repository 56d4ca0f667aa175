package journal

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

// TestJournalWithoutMemfd checks that only the large event that can't be sent is rejected.
func TestJournalWithoutMemfd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	defer conn.Close()
	old := memfdCreate
	memfdCreate = func(string, int) (int, error) { return -1, unix.ENOSYS }
	t.Cleanup(func() { memfdCreate = old })
	j, err := Open(path, "orders")
	require.NoError(t, err)
	defer j.Close()
	_, err = j.Write(queue.Note(slog.LevelWarn, "large", slog.String("data", strings.Repeat("x", 1<<20))))
	assert.ErrorIs(t, err, unix.ENOSYS)
	assert.False(t, queue.IsLost(err), "the journal is still there")
	_, err = j.Write(queue.Note(slog.LevelWarn, "small"))
	assert.NoError(t, err)
}
