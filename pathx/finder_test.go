package pathx

import (
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
	start.dir = "" // as in a new process
	saved := executableDirs()
	t.Cleanup(func() { own.dirs = saved })
	own.dirs = exeDirs{dirs: []exeDir{{path: s[FromExecutable]}}}
	return s
}

func (s scene) path(src Source) string { return filepath.Join(s[src], file) }

// put writes a file whose content is the name of its source.
func (s scene) put(t *testing.T, src Source) {
	t.Helper()
	require.NoError(t, os.WriteFile(s.path(src), []byte(src.String()), 0o644))
}

// finder returns a Finder for all places, with flag and variable only if requested.
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

// requireTaken checks that Open takes the file at path and that Explain agrees.
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

func TestOpenPrefersEarlierPlace(t *testing.T) {
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

func TestOpenBindingSourcesDoNotFallThrough(t *testing.T) {
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

// The search continues only past "does not exist": any other error in an earlier place stops it,
// even if a valid file follows.
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
		{"untrusted", "not trusted", ErrUntrusted, distrusted},
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
				f.Trust = TrustAlways
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

func TestOpenBesideExecutableRequiresAppName(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.WriteFile(filepath.Join(s[FromExecutable], "config.json"), nil, 0o644))
	f := s.finder(t)
	f.Names = []string{"config.json"}
	_, err := f.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, err.Error(), "config.json: skipped")
}

func TestOpenRejectsBadNames(t *testing.T) {
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

func TestOpenFileKeepsContentWhenReplaced(t *testing.T) {
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
