package loop

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// fixed are tools that know what services are built from.
type fixed map[string]*inputs

func (fixed) build(context.Context, string, []Service) map[string]made { panic("not asked to") }

func (f fixed) list(context.Context, []Service) (map[string]*inputs, error) { return f, nil }

// watched is a watch at work on a/b/pkg, for the service "one", and c, for "two".
func watched(t *testing.T) (root string, s *Supervisor) {
	t.Helper()
	procx.Check(t, nil)
	root = t.TempDir()
	var err error
	s, err = New(Config{Dir: root, Output: io.Discard, Services: []Service{{Name: "one", Package: "./a/b/pkg"}, {Name: "two", Package: "./c"}}})
	require.NoError(t, err)
	save(t, filepath.Join(root, "a", "b", "pkg", "x.go"), "")
	save(t, filepath.Join(root, "c", "x.go"), "")
	one, two := newInputs(), newInputs()
	one.packages[filepath.Join(root, "a", "b", "pkg")] = true
	for _, dir := range []string{"a/b", "a", "."} {
		one.others[filepath.Join(root, filepath.FromSlash(dir))] = true
	}
	two.packages[filepath.Join(root, "c")] = true
	s.tools = fixed{"one": one, "two": two}
	w, err := newWatch(s)
	require.NoError(t, err)
	w.update(fixed{"one": one, "two": two}, time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.NoError(t, <-ended)
	})
	return root, s
}

// expect waits for a batch of just these services.
func expect(t *testing.T, s *Supervisor, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	b, err := s.builds.next(ctx)
	require.NoError(t, err)
	require.Equal(t, want, slices.Sorted(maps.Keys(b.services)))
	require.True(t, s.builds.finish(b))
}

// settle takes what the last step has left in the queue: a second event of it may come late.
func settle(t *testing.T, s *Supervisor) {
	t.Helper()
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 4*quiet)
		b, err := s.builds.next(ctx)
		if err == nil {
			s.builds.finish(b)
		}
		cancel()
		if err != nil {
			return
		}
	}
}

func TestWatchSaves(t *testing.T) {
	root, s := watched(t)
	dir := filepath.Join(root, "a", "b", "pkg")
	file := filepath.Join(dir, "x.go")
	write := func(name string) { save(t, filepath.Join(dir, name), fmt.Sprint(time.Now())) }
	rename := func(from, to string) {
		require.NoError(t, os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)))
	}
	for _, test := range []struct {
		name string
		save func()
		want string // "": nothing
	}{
		{"written to", func() { write("x.go") }, "one"},
		{"a new file", func() { write("y.go") }, "one"},
		{"renamed", func() { rename("y.go", "z.go") }, "one"},
		{"removed", func() { require.NoError(t, os.Remove(filepath.Join(dir, "z.go"))) }, "one"},
		{"renamed into place, as JetBrains'", func() {
			write("x.go___jb_tmp___")
			rename("x.go", "x.go___jb_old___")
			rename("x.go___jb_tmp___", "x.go")
		}, "one"},
		{"Vim's way", func() { write("4913"); rename("x.go", "x.go~"); write("x.go"); os.Remove(filepath.Join(dir, "x.go~")) }, "one"},
		{"a swap file", func() { write(".x.go.swp") }, ""},
		{"a lock of Emacs", func() { write(".#x.go") }, ""},
		{"a test", func() { write("x_test.go") }, ""},
		{"its mode", func() { require.NoError(t, os.Chmod(file, 0o600)) }, ""},
		{"a directory beside", func() { require.NoError(t, os.MkdirAll(filepath.Join(root, "a", "docs"), 0o755)) }, ""},
	} {
		settle(t, s)
		test.save()
		if test.want == "" { // then the next thing that comes is the other service
			save(t, filepath.Join(root, "c", "x.go"), fmt.Sprint(time.Now()))
			expect(t, s, "two")
		} else {
			expect(t, s, test.want)
		}
		if t.Failed() {
			t.Fatal(test.name)
		}
	}
}

// TestWatchShared: a service comes to be built from a directory that is watched for another, in
// which a file was saved in between.
func TestWatchShared(t *testing.T) {
	root := t.TempDir()
	s, err := New(Config{Dir: root, Output: io.Discard, Services: []Service{{Name: "one", Package: "./a"}, {Name: "two", Package: "./b"}}})
	require.NoError(t, err)
	for _, name := range []string{"a", "b", "c"} {
		save(t, filepath.Join(root, name, "x.go"), "")
	}
	from := func(names ...string) *inputs {
		in := newInputs()
		for _, name := range names {
			in.packages[filepath.Join(root, name)] = true
		}
		return in
	}
	w, err := newWatch(s)
	require.NoError(t, err)
	defer w.notify.close()
	now := time.Now()
	w.update(fixed{"one": from("a"), "two": from("b", "c")}, now.Add(time.Hour))
	w.update(fixed{"one": from("a", "c"), "two": from("b", "c")}, now.Add(-time.Hour)) // since a build that began before the save
	expect(t, s, "one")
}

func TestWatchCheckout(t *testing.T) {
	root, s := watched(t)
	for i := range 1000 {
		save(t, filepath.Join(root, "a", "b", "pkg", fmt.Sprintf("x%d.go", i)), "")
	}
	expect(t, s, "one")
	settle(t, s)
	save(t, filepath.Join(root, "c", "x.go"), "")
	expect(t, s, "two")
}

// Directories that go and come again are still watched.
func TestWatchDirectories(t *testing.T) {
	root, s := watched(t)
	touched := func(what string) {
		t.Helper()
		settle(t, s)
		save(t, filepath.Join(root, "a", "b", "pkg", "x.go"), what)
		expect(t, s, "one")
	}
	require.NoError(t, os.RemoveAll(filepath.Join(root, "a", "b", "pkg")))
	expect(t, s, "one")
	touched("recreated") // the directory as well
	touched("saved")

	require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
	expect(t, s, "one")
	touched("recreated, with those above it")
	touched("saved")

	if runtime.GOOS == "windows" {
		return // where a directory with watched ones in it can't be renamed
	}
	settle(t, s)
	require.NoError(t, os.Rename(filepath.Join(root, "a"), filepath.Join(root, "away")))
	expect(t, s, "one")
	touched("recreated, after one above it was renamed")
	touched("saved")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "a")))
	require.NoError(t, os.Rename(filepath.Join(root, "away"), filepath.Join(root, "a")))
	expect(t, s, "one")
	touched("renamed back")
}
