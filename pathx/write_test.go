package pathx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// content returns the data of writer n. It is long enough for many writes to the disk, and every
// part of it identifies the writer.
func content(n int) []byte { return bytes.Repeat([]byte(fmt.Sprintf("%07d\n", n)), 8<<10) }

// requireWhole checks that the file has the complete content of one writer.
func requireWhole(t *testing.T, path string) {
	t.Helper()
	got := readShared(t, path)
	require.Len(t, got, 64<<10)
	require.True(t, bytes.Equal(got, bytes.Repeat(got[:8], 8<<10)), "two writers' content")
}

// readShared reads like a Finder, without blocking writers.
func readShared(t *testing.T, path string) []byte {
	t.Helper()
	f, err := openFile(path)
	require.NoError(t, err)
	defer f.Close()
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	return got
}

func requireOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.ElementsMatch(t, want, names)
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	for _, data := range []string{"one", "two, longer", ""} {
		require.NoError(t, WriteFile(path, []byte(data), 0o644))
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, data, string(got))
		requireOnly(t, dir, file)
	}
	t.Chdir(dir)
	require.NoError(t, WriteFile("relative", []byte("x"), 0o600))
	requireOnly(t, dir, file, "relative")
}

func TestWriteFileLongNames(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("directory", 12), strings.Repeat("directory", 12), strings.Repeat("directory", 12))
	require.NoError(t, EnsureDir(dir, false))
	for _, name := range []string{strings.Repeat("x", 255), strings.Repeat("世", 85), strings.Repeat("é", 127)} {
		if runtime.GOOS == "windows" && testenv.IsWine() && len(name) > 250 {
			name = name[:len(name)-60] // Unix counts its bytes
			name = strings.ToValidUTF8(name, "")
		}
		path := filepath.Join(dir, name)
		for range 2 {
			require.NoError(t, WriteFile(path, []byte("x"), 0o644))
		}
		requireOnly(t, dir, name)
		got, err := Finder{App: app, Flag: path}.Open()
		require.NoError(t, err)
		require.NoError(t, got.Close())
		require.NoError(t, os.Remove(path))
	}
}

func TestWriteFileErrors(t *testing.T) {
	dir := t.TempDir()
	sub := filepath.Join(dir, "sub")
	require.NoError(t, os.Mkdir(sub, 0o755))
	for name, want := range map[string]error{
		sub: ErrNotRegular, dir + "/": ErrNotRegular, filepath.Join(dir, "no", "where"): fs.ErrNotExist, filepath.Join(dir, "a\x00"): ErrName, "": ErrName,
		filepath.Join(dir, "."): ErrNotRegular,
	} {
		err := WriteFile(name, nil, 0o644)
		require.ErrorIs(t, err, want, name)
		assert.ErrorContains(t, err, "pathx: write "+name)
	}
	requireOnly(t, dir, "sub")
}

func TestWriteFileDoesNotFollowLinks(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.WriteFile(outside, []byte("theirs"), 0o644))
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	if err := os.Symlink(outside, path); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if fi, err := os.Lstat(path); err != nil || fi.Mode()&fs.ModeSymlink == 0 {
		t.Skip("no links here: Symlink did not create a link")
	}
	require.NoError(t, WriteFile(path, []byte("ours"), 0o644))
	got, err := os.ReadFile(outside)
	require.NoError(t, err)
	assert.Equal(t, "theirs", string(got))
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	assert.True(t, fi.Mode().IsRegular())
	requireOnly(t, dir, file)
}

func TestWriteFileWithReaders(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, WriteFile(path, content(0), 0o644))
	var readers []*File
	for n := range 5 {
		r, err := Finder{App: app, Flag: path}.Open()
		require.NoError(t, err)
		defer r.Close()
		readers = append(readers, r)
		require.NoError(t, WriteFile(path, content(n+1), 0o644))
	}
	for n, r := range readers {
		got, err := io.ReadAll(r)
		require.NoError(t, err)
		assert.True(t, bytes.Equal(content(n), got), "reader %d has lost its content", n)
	}
	assert.True(t, bytes.Equal(content(5), readShared(t, path)))
}

// A hundred writers in this process and readers beside them.
func TestWriteFileConcurrentWriters(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, WriteFile(path, content(0), 0o644))

	stop := make(chan struct{})
	var writers, readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					f, err := openFile(path)
					if errors.Is(err, fs.ErrNotExist) && testenv.IsWine() {
						continue // its ReplaceFile takes the old file away first
					}
					if !assert.NoError(t, err) {
						return
					}
					got, err := io.ReadAll(f)
					f.Close()
					if !assert.NoError(t, err) || !assert.Len(t, got, 64<<10) || !assert.True(t, bytes.Equal(got[:8], got[len(got)-8:])) {
						return
					}
				}
			}
		})
	}
	for n := range 100 {
		writers.Go(func() { assert.NoError(t, WriteFile(path, content(n+1), 0o644)) })
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	requireWhole(t, path)
	requireOnly(t, dir, file)
}

func TestWriteFileDiskErrors(t *testing.T) {
	saved := atomicfile.SyncFile
	t.Cleanup(func() { atomicfile.SyncFile = saved })
	broken := errors.New("broken disk")
	atomicfile.SyncFile = func(*os.File) error { return broken }

	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	require.ErrorIs(t, WriteFile(path, []byte("new"), 0o644), broken)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(got))
	requireOnly(t, dir, file)
}

// helperWrite writes a file in each of the directories in its arguments until it is killed.
func helperWrite(dirs []string) int {
	failed := make(chan error)
	for _, dir := range dirs { // one by one: each removes what the one before it has left there
		if err := WriteFile(filepath.Join(dir, file), content(0), 0o644); err != nil {
			return exitCode(err)
		}
	}
	for _, dir := range dirs {
		go func() {
			for n := 1; ; n++ {
				if err := WriteFile(filepath.Join(dir, file), content(n), 0o644); err != nil {
					failed <- err
				}
			}
		}()
	}
	fmt.Println("writing")
	return exitCode(<-failed)
}

// A writer that is killed during a write leaves the old or the new content, and at most one
// temporary file, which the next write removes.
func TestWriteFileKilled(t *testing.T) {
	const writers = 10 // in each process: starting one takes longest
	processes := 40
	if testing.Short() {
		processes = 2
	}
	dirs := make([]string, writers)
	for i := range dirs {
		dirs[i] = t.TempDir()
	}
	left := 0
	for range processes {
		cmd := testenv.Command(t, "write", dirs...)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		line := make([]byte, len("writing\n"))
		_, err = io.ReadFull(out, line)
		require.NoError(t, err)
		require.Equal(t, "writing\n", string(line))
		time.Sleep(rand.N(30 * time.Millisecond))
		require.NoError(t, cmd.Process.Kill())
		cmd.Wait()

		for _, dir := range dirs {
			requireWhole(t, filepath.Join(dir, file))
			entries, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.LessOrEqual(t, len(entries), 2, "the one before left more: %v", entries)
			left += len(entries) - 1
		}
	}
	for _, dir := range dirs {
		require.NoError(t, WriteFile(filepath.Join(dir, file), content(0), 0o644))
		requireOnly(t, dir, file)
	}
	if !testing.Short() {
		require.NotZero(t, left, "none was killed in the middle")
	}
	t.Logf("%d of %d killed writers left a temporary file behind", left, processes*writers)
}
