package pathx

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const app, file = "orders", "orders.json"

// scene has a directory for each kind of place, all of them empty.
type scene map[Source]string

func newScene(t *testing.T) scene {
	t.Helper()
	root := t.TempDir()
	user, system := setPlaces(t)
	s := scene{
		FromFlag:       filepath.Join(root, "flag"),
		FromEnv:        filepath.Join(root, "env"),
		FromExecutable: filepath.Join(root, "bin"),
		FromUser:       filepath.Join(user, app),
		FromSystem:     filepath.Join(system, app),
		FromWorkDir:    filepath.Join(root, "cwd"),
	}
	if system == "" {
		delete(s, FromSystem) // it can't be moved on this system
	}
	for _, dir := range s {
		require.NoError(t, os.MkdirAll(dir, 0o755))
	}
	t.Chdir(s[FromWorkDir])
	saved := executableDirs
	t.Cleanup(func() { executableDirs = saved })
	executableDirs = func() exeDirs { return exeDirs{dirs: []exeDir{{path: s[FromExecutable]}}} }
	return s
}

func (s scene) path(src Source) string { return filepath.Join(s[src], file) }

// put writes a file whose content is the name of its source.
func (s scene) put(t *testing.T, src Source) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.path(src), []byte(src.String()), 0o644))
}

// finder asks for all places; flag and variable only as wanted.
func (s scene) finder(t *testing.T, binding ...Source) Finder {
	f := Finder{App: app, EnvVar: "ORDERS_CONFIG_FOR_TEST", WorkDir: true}
	t.Setenv(f.EnvVar, "")
	for _, src := range binding {
		switch src {
		case FromFlag:
			f.Flag = s.path(FromFlag)
		case FromEnv:
			t.Setenv(f.EnvVar, s.path(FromEnv))
		}
	}
	return f
}

var allSources = []Source{FromFlag, FromEnv, FromExecutable, FromUser, FromSystem, FromWorkDir}

// requireTaken opens, and compares with Explain.
func requireTaken(t *testing.T, f Finder, src Source, path string) {
	t.Helper()
	got, err := f.Open()
	require.NoError(t, err)
	defer got.Close()
	content, err := io.ReadAll(got)
	require.NoError(t, err)
	assert.Equal(t, src.String(), string(content))
	assert.Equal(t, src, got.Source)
	assert.Equal(t, path, got.Path)
	require.NotEmpty(t, got.Tried)
	last := got.Tried[len(got.Tried)-1]
	assert.Equal(t, Attempt{Source: src, Path: path}, last)

	explained := f.Explain()
	require.GreaterOrEqual(t, len(explained), len(got.Tried))
	assert.Equal(t, got.Tried, explained[:len(got.Tried)])
	for _, a := range explained[len(got.Tried):] {
		assert.Error(t, a.Err, "a second one would be taken: %v", a)
	}
}

func TestOpenEachSourceAlone(t *testing.T) {
	for _, src := range allSources {
		t.Run(src.String(), func(t *testing.T) {
			s := newScene(t)
			if s[src] == "" {
				t.Skip("can't be moved on this system")
			}
			s.put(t, src)
			requireTaken(t, s.finder(t, src), src, s.path(src))
		})
	}
}

func TestOpenPrefersTheEarlierOfEachPair(t *testing.T) {
	for i, first := range allSources {
		for _, second := range allSources[i+1:] {
			t.Run(first.String()+" and "+second.String(), func(t *testing.T) {
				s := newScene(t)
				if s[first] == "" || s[second] == "" {
					t.Skip("can't be moved on this system")
				}
				s.put(t, first)
				s.put(t, second)
				f := s.finder(t, first, second)
				requireTaken(t, f, first, s.path(first))

				var reached []error
				for _, a := range f.Explain() {
					if a.Path == s.path(second) {
						reached = append(reached, a.Err)
					}
				}
				assert.Equal(t, []error{ErrNotReached}, reached)
			})
		}
	}
}

func TestOpenNotFoundListsEveryPlace(t *testing.T) {
	s := newScene(t)
	f := s.finder(t)
	_, err := f.Open()
	var notFound *NotFoundError
	require.ErrorAs(t, err, &notFound)
	assert.ErrorIs(t, err, fs.ErrNotExist)
	assert.NotErrorIs(t, err, fs.ErrPermission)
	assert.Equal(t, app, notFound.App)
	for _, src := range []Source{FromExecutable, FromUser, FromSystem, FromWorkDir} {
		if s[src] != "" {
			assert.Contains(t, err.Error(), src.String()+" "+s.path(src)+": does not exist")
		}
	}
	assert.Equal(t, notFound.Tried, f.Explain())
}

func TestOpenBindingDoesNotFallThrough(t *testing.T) {
	for _, src := range []Source{FromFlag, FromEnv} {
		t.Run(src.String(), func(t *testing.T) {
			s := newScene(t)
			s.put(t, FromUser)
			_, err := s.finder(t, src).Open()
			var notFound *NotFoundError
			require.ErrorAs(t, err, &notFound)
			require.Len(t, notFound.Tried, 1)
			assert.Equal(t, src, notFound.Tried[0].Source)
			assert.Equal(t, s.path(src), notFound.Tried[0].Path)
			assert.Contains(t, err.Error(), s.path(src))
		})
	}
}

// Only "does not exist" goes on: whatever else is in an earlier place stops, though a
// valid file follows.
func TestOpenStops(t *testing.T) {
	obstacles := []struct {
		name   string
		status string
		want   error
		make   func(t *testing.T, path string)
	}{
		{"directory", "is a directory", ErrNotRegular, func(t *testing.T, path string) {
			require.NoError(t, os.Mkdir(path, 0o755))
		}},
		{"directory, in the system's terms", "is a directory", syscall.EISDIR, func(t *testing.T, path string) {
			require.NoError(t, os.Mkdir(path, 0o755))
		}},
		{"denied", "access denied", fs.ErrPermission, denied},
	}
	for _, src := range []Source{FromFlag, FromEnv, FromExecutable, FromUser, FromSystem} {
		for _, o := range obstacles {
			t.Run(src.String()+"/"+o.name, func(t *testing.T) {
				s := newScene(t)
				if s[src] == "" {
					t.Skip("can't be moved on this system")
				}
				s.put(t, FromWorkDir)
				f := s.finder(t, src)
				o.make(t, s.path(src))

				_, err := f.Open()
				var stop *StopError
				require.ErrorAs(t, err, &stop)
				require.ErrorIs(t, err, o.want)
				last := stop.Tried[len(stop.Tried)-1]
				assert.Equal(t, s.path(src), last.Path)
				assert.Equal(t, o.status, last.Status())
				assert.NotEmpty(t, last.Hint)
				assert.Contains(t, err.Error(), s.path(src)+": "+o.status)

				for _, a := range f.Explain() {
					assert.Error(t, a.Err)
				}
			})
		}
	}
}

func TestOpenPrefersEarlierNames(t *testing.T) {
	s := newScene(t)
	yaml := filepath.Join(s[FromUser], "orders.yaml")
	require.NoError(t, os.WriteFile(yaml, []byte("user"), 0o644))
	f := s.finder(t)
	f.Names = []string{"orders.json", "orders.yaml"}
	requireTaken(t, f, FromUser, yaml)
	s.put(t, FromUser)
	requireTaken(t, f, FromUser, s.path(FromUser))
}

func TestOpenBesideExecutableWantsTheAppsName(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.WriteFile(filepath.Join(s[FromExecutable], "config.json"), nil, 0o644))
	f := s.finder(t)
	f.Names = []string{"config.json"}
	_, err := f.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, err.Error(), "config.json: skipped")
}

func TestCarries(t *testing.T) {
	for name, want := range map[string]bool{
		"orders.json": true, "Orders.JSON": true, "my-orders.yaml": true, ".ordersrc": false, ".orders": true,
		"orders": true, "reorders.json": false, "orders2.json": false, "config.json": false, "xorders-orders.json": true,
	} {
		assert.Equal(t, want, carries(name, "orders"), name)
	}
}

func TestOpenRelativeFlagBecomesAbsolute(t *testing.T) {
	s := newScene(t)
	s.put(t, FromWorkDir)
	require.NoError(t, os.WriteFile(s.path(FromWorkDir), []byte("flag"), 0o644))
	f := s.finder(t)
	f.Flag = file
	got, err := f.Open()
	require.NoError(t, err)
	defer got.Close()
	assert.True(t, filepath.IsAbs(got.Path))
	assert.Equal(t, s.path(FromWorkDir), got.Path)

	f.Flag = filepath.Join("nowhere", file)
	_, err = f.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, err.Error(), "current directory")
}

func TestOpenRefusesBadNames(t *testing.T) {
	for _, f := range []Finder{
		{}, {App: ".."}, {App: "a/b"}, {App: `a\b`}, {App: "nul"}, {App: "a", Names: []string{"ok.json", "../a.json"}},
		{App: "a", Names: []string{""}}, {App: "a", Names: []string{"COM1.json"}}, {App: "a\x00"},
	} {
		_, err := f.Open()
		require.ErrorIs(t, err, ErrName, "%+v", f)
		assert.Contains(t, err.Error(), "Finder.")
		got := f.Explain()
		require.Len(t, got, 1)
		assert.ErrorIs(t, got[0].Err, ErrName)
	}
}

func TestOpenReadsWhileReplaced(t *testing.T) {
	s := newScene(t)
	s.put(t, FromUser)
	got, err := s.finder(t).Open()
	require.NoError(t, err)
	defer got.Close()
	require.NoError(t, os.Remove(s.path(FromUser)))
	content, err := io.ReadAll(got)
	require.NoError(t, err)
	assert.Equal(t, "user", string(content))
}

func TestOpenAcrossProcesses(t *testing.T) {
	dir := t.TempDir()
	exe := copyExecutable(t, filepath.Join(dir, "bin"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "user"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", file), nil, 0o644))
	request, err := json.Marshal(Finder{App: app})
	require.NoError(t, err)

	cmd := testenv.Command(t, "find", string(request))
	cmd.Path, cmd.Args[0] = exe, exe
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, filepath.Join(dir, "bin", file), string(out))
}

func copyExecutable(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	data, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	exe := filepath.Join(dir, filepath.Base(self))
	require.NoError(t, os.WriteFile(exe, data, 0o755))
	return exe
}

func TestIsGoRun(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct {
		goos, path string
		want       bool
	}{
		{"linux", "/tmp/go-build3428486091/b001/exe/main", true},
		{"windows", `C:\Users\a\AppData\Local\Temp\go-build1862938995\b001\exe\x.exe`, true},
		{"linux", "/root/.cache/go-build/01/" + hash + "-d/stringer", true},
		{"linux", "/tmp/go-build3428486091/b001/pathx.test", false},
		{"linux", "/usr/local/bin/orders", false},
		{"linux", "/srv/go-build/b1/exe/orders", false},
		{"linux", `/srv/go-build1\b001\exe\orders`, false},
		{"linux", "orders", false},
	} {
		assert.Equal(t, tt.want, isGoRun(tt.goos, tt.path), tt.path)
	}
}

func TestAttemptString(t *testing.T) {
	for _, tt := range []struct {
		attempt Attempt
		want    string
	}{
		{Attempt{Source: FromUser, Path: "/h/orders.json"}, "user /h/orders.json: taken"},
		{Attempt{FromEnv, "/x", syscall.ENOENT, ""}, "env /x: does not exist"},
		{Attempt{FromFlag, "/x", syscall.EACCES, "ask"}, "flag /x: access denied (ask)"},
		{Attempt{FromSystem, "/x", errIsDirectory, ""}, "system /x: is a directory"},
		{Attempt{FromSystem, "/x", ErrNotRegular, ""}, "system /x: not a regular file"},
		{Attempt{FromSystem, "", ErrSkipped, "why"}, "system: skipped (why)"},
		{Attempt{FromWorkDir, "/x", ErrNotReached, ""}, "workdir /x: not reached"},
		{Attempt{FromWorkDir, "/x", errors.New("broken"), ""}, "workdir /x: failed: broken"},
		{Attempt{FromExecutable, "/x", &UntrustedError{Path: "/x", Who: []string{"everyone"}, Fix: "chmod"}, "chmod"},
			"executable /x: not trusted: /x can be changed by everyone (chmod)"},
		{Attempt{Source: 77}, "Source(77): taken"},
	} {
		assert.Equal(t, tt.want, tt.attempt.String())
		text, err := json.Marshal(tt.attempt)
		require.NoError(t, err)
		var got string
		require.NoError(t, json.Unmarshal(text, &got))
		assert.Equal(t, tt.want, got)
	}
}
