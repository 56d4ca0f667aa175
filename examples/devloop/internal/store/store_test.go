package store

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

const table = `CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY)`

// The file lies exactly where the directory says, and what is in it stays.
func TestSQLiteInAnyDirectory(t *testing.T) {
	names := []string{"plain", "with space", "a#b", "100%", "%41", "中文", "a+b&c=d;e", "it's"}
	if runtime.GOOS != "windows" {
		names = append(names, "what?", `back\slash`, `quote"`, "a:b")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name)
			for i := range 2 {
				db, err := Open(t.Context(), "", dir, "x", table)
				require.NoError(t, err)
				_, err = db.Exec("INSERT INTO things (name) VALUES ($1) ON CONFLICT DO NOTHING", name)
				require.NoError(t, err)
				var n int
				require.NoError(t, db.QueryRow("SELECT count(*) FROM things").Scan(&n))
				assert.Equal(t, 1, n, "opened for the %d. time", i+1)
				require.NoError(t, db.Close())
			}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Len(t, entries, 1, "closed, it is one file")
			assert.Equal(t, "x.db", entries[0].Name())
		})
	}
}

func TestSQLiteInRelativeDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	db, err := Open(t.Context(), "", "data", "x", table)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	assert.FileExists(t, filepath.Join("data", "x.db"))
}

// While a service is replaced two processes have its file, and make it, perhaps. Different handles
// of one process lock each other out as processes do.
func TestSQLiteConcurrentUse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			db, err := Open(t.Context(), "", dir, "x", table, "CREATE TABLE IF NOT EXISTS counts (n BIGINT NOT NULL)")
			if !assert.NoError(t, err) {
				return
			}
			defer func() { assert.NoError(t, db.Close()) }()
			for range 25 {
				_, err := db.Exec("INSERT INTO counts (n) VALUES (1)")
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
	db, err := Open(t.Context(), "", dir, "x")
	require.NoError(t, err)
	defer db.Close()
	var n int
	require.NoError(t, db.QueryRow("SELECT sum(n) FROM counts").Scan(&n))
	assert.Equal(t, 8*25, n)
}

func TestOpenFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, tt := range map[string]struct{ url, dir, err string }{
		"another database": {"mysql://root:secret@localhost/x", "", "DATABASE_URL: want postgres://"},
		"no URL":           {"host=localhost password=secret", "", "DATABASE_URL: want postgres://"},
		"a file":           {"", file, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(t.Context(), tt.url, tt.dir, "x", table)
			require.ErrorContains(t, err, tt.err)
			assert.NotContains(t, err.Error(), "secret")
		})
	}
	_, err := Open(t.Context(), "", t.TempDir(), "x", "CREATE NONSENSE")
	assert.ErrorContains(t, err, "database: ")
}
