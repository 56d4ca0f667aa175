package pathx

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCarries(t *testing.T) {
	for name, want := range map[string]bool{
		"orders.json": true, "Orders.JSON": true, "my-orders.yaml": true, ".ordersrc": false, ".orders": true,
		"orders": true, "reorders.json": false, "orders2.json": false, "config.json": false, "xorders-orders.json": true,
	} {
		assert.Equal(t, want, carries(name, "orders"), name)
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

// Explain reports the places that the search skips.
func TestExplainReportsSkippedPlaces(t *testing.T) {
	s := newScene(t)
	f := s.finder(t) // its variable is set, but empty
	dir := exeDir{path: s[FromExecutable], temporary: true}
	own.dirs = exeDirs{dirs: []exeDir{dir}, err: errors.New("no /proc")}
	s.put(t, FromWorkDir)
	requireTaken(t, f, FromWorkDir, s.path(FromWorkDir))

	var skipped []string
	for _, a := range f.Explain() {
		if errors.Is(a.Err, ErrSkipped) {
			assert.NotEmpty(t, a.Hint)
			skipped = append(skipped, a.Source.String()+" "+a.Path)
		}
	}
	assert.Equal(t, []string{"env " + f.EnvVar, "executable ", "executable " + s[FromExecutable]}, skipped)
}

// A place that can't be determined may have the file, so it ends the search.
func TestOpenStopsAtUnknownPlace(t *testing.T) {
	broken := errors.New("no registry")
	w := walk{Finder: Finder{App: app, Names: []string{file}}}
	w.visitConfigDir(configDir{source: FromUser, err: broken})
	w.visitConfigDir(configDir{source: FromSystem, path: t.TempDir()})
	assert.Equal(t, []Attempt{{Source: FromUser, Err: broken}}, w.tried)
	assert.True(t, w.stopped)
}

func TestErrorHint(t *testing.T) {
	assert.Contains(t, errorHint(FromUser, syscall.EACCES), "HOME")
	assert.Contains(t, errorHint(FromSystem, syscall.EACCES), "right to read")
	assert.Equal(t, "chmod", errorHint(FromSystem, &UntrustedError{Fix: "chmod"}))
	assert.Contains(t, errorHint(FromSystem, errIsDirectory), "only a file")
	assert.Empty(t, errorHint(FromSystem, syscall.EIO))
}

func TestSourceText(t *testing.T) {
	var words []string
	for _, src := range allSources {
		text, err := src.MarshalText()
		require.NoError(t, err)
		words = append(words, string(text))
	}
	assert.Equal(t, []string{"flag", "env", "executable", "user", "system", "workdir"}, words)
}

func TestStopErrorWithoutAttempts(t *testing.T) {
	assert.NoError(t, (&StopError{}).Unwrap())
	assert.Contains(t, (&StopError{App: "x"}).Error(), "configuration of x")
}

// On a container's mount, existing files can return error numbers that mean "does not exist". A
// program that then fell back to its defaults would run without its configuration.
func TestRefusalIsNeverNotExist(t *testing.T) {
	for _, problem := range []error{fs.ErrNotExist, syscall.ENOENT, os.NewSyscallError("GetFinalPathNameByHandle", syscall.ENOENT)} {
		var w walk
		w.stop(Attempt{Source: FromSystem, Path: "/etc/x", Err: problem})
		err := error(&StopError{App: "x", Tried: w.tried})
		assert.NotErrorIs(t, err, fs.ErrNotExist)
		assert.False(t, os.IsNotExist(err))
		assert.ErrorContains(t, err, problem.Error())
		assert.Equal(t, "failed", w.tried[0].Status())
		if problem != fs.ErrNotExist {
			assert.ErrorIs(t, err, syscall.ENOENT, "the error number is still available")
		}
	}
}
