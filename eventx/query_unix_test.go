//go:build unix

package eventx

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fakeJournalctl replaces the system's journalctl with a shell script.
func fakeJournalctl(t *testing.T, script string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journalctl")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755))
	old := journalctl
	journalctl = path
	t.Cleanup(func() { journalctl = old })
}

const twoEntries = `echo '{"__REALTIME_TIMESTAMP":"1764063000000000","PRIORITY":"3","SYSLOG_IDENTIFIER":"orders","MESSAGE":"one","EVENT_ID":"7"}'
echo '{"__REALTIME_TIMESTAMP":"1764063001000000","PRIORITY":"6","SYSLOG_IDENTIFIER":"orders","MESSAGE":"two"}'
`

func collect(ctx context.Context, f Filter) (messages []string, err error) {
	for r, err := range Query(ctx, f) {
		if err != nil {
			return messages, err
		}
		messages = append(messages, r.Message)
	}
	return messages, nil
}

// TestQueryIgnoresWorkDir checks that a journalctl in the service's working directory is not run,
// even if PATH contains that directory.
func TestQueryIgnoresWorkDir(t *testing.T) {
	fakeJournalctl(t, "echo ran >ran")
	t.Chdir(filepath.Dir(journalctl))
	journalctl = filepath.Base(journalctl)
	for _, path := range []string{".", "", ":/nowhere"} {
		t.Setenv("PATH", path)
		_, err := collect(context.Background(), Filter{})
		assert.Error(t, err, path)
		assert.NoFileExists(t, "ran", path)
	}
}

func TestQueryJournalctl(t *testing.T) {
	fakeJournalctl(t, twoEntries)
	ctx := context.Background()
	got, err := collect(ctx, Filter{})
	require.NoError(t, err)
	assert.Equal(t, []string{"one", "two"}, got)
	got, err = collect(ctx, Filter{Since: time.Unix(1764063000, 1)})
	require.NoError(t, err)
	assert.Equal(t, []string{"two"}, got)

	for range Query(ctx, Filter{}) {
		break // the caller may stop at any time
	}
	var out strings.Builder
	require.NoError(t, Filter{}.Print(ctx, &out))
	assert.Equal(t, 2, strings.Count(out.String(), "\n"))
	assert.Contains(t, out.String(), "ERROR orders[7] one\n")
	assert.Error(t, Filter{}.Print(ctx, brokenWriter{}))
}

func TestQueryFollow(t *testing.T) {
	fakeJournalctl(t, twoEntries+"exec sleep 1000\n")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	n := 0
	for r, err := range Query(ctx, Filter{Follow: true}) {
		if n++; n <= 2 {
			require.NoError(t, err, r)
			if n == 2 {
				cancel()
			}
			continue
		}
		assert.ErrorIs(t, err, context.Canceled)
	}
	assert.Equal(t, 3, n)

	ctx, cancel = context.WithCancel(context.Background())
	defer cancel()
	assert.NoError(t, Filter{Follow: true}.Print(ctx, writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "two") {
			cancel()
		}
		return len(p), nil
	})), "its end is no error")
}

func TestQueryErrors(t *testing.T) {
	fakeJournalctl(t, "echo 'No journal files were found.' >&2; exit 1\n")
	_, err := collect(context.Background(), Filter{})
	assert.ErrorContains(t, err, "No journal files were found.")
	fakeJournalctl(t, "echo nonsense\n")
	_, err = collect(context.Background(), Filter{})
	assert.ErrorContains(t, err, "journalctl's output")
	fakeJournalctl(t, "echo nonsense; echo '{}'; echo '{\"MESSAGE\":\"cut'\n"+twoEntries)
	got, err := collect(context.Background(), Filter{})
	assert.NoError(t, err, "a bad entry is not the end")
	assert.Equal(t, []string{"one", "two"}, got)
	journalctl = "surefoot-no-such-program"
	_, err = collect(context.Background(), Filter{})
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}
