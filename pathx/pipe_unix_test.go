//go:build unix

package pathx

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestOpenShellPipe(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip(err)
	}
	cat := testenv.Command(t, "cat", "FILE")
	for script, want := range map[string]string{
		`show <(sleep 0.1; echo secret)`: "secret\n",
		`echo secret | show /dev/stdin`:  "secret\n",
		`echo secret | show -`:           "secret\n",
		`show - <<<secret`:               "secret\n",
	} {
		args := ""
		for _, a := range cat.Args[1 : len(cat.Args)-1] {
			args += fmt.Sprintf(" '%s'", a)
		}
		script = `show() { "$PROGRAM"` + args + ` "$@"; }; ` + script
		cmd := exec.Command(bash, "-c", script)
		cmd.Env = append(cat.Environ(), "PROGRAM="+cat.Path)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", script, out)
		assert.Equal(t, want, string(out), script)
	}
}

func TestOpenNamedPipe(t *testing.T) {
	dir := openDir(t)
	path := filepath.Join(dir, file)
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	go func() {
		if w, err := os.OpenFile(path, os.O_WRONLY, 0); err == nil {
			io.WriteString(w, "secret")
			w.Close()
		}
	}()
	t.Setenv("PATHX_TEST_CONFIG", path)
	f, err := Finder{App: app, EnvVar: "PATHX_TEST_CONFIG", Trust: TrustAlways}.Open()
	require.NoError(t, err)
	defer f.Close()
	got, err := io.ReadAll(f)
	require.NoError(t, err)
	assert.Equal(t, "secret", string(got))

	require.NoError(t, os.Chmod(path, 0o622))
	_, err = Finder{App: app, Flag: path, Trust: TrustAlways}.Open()
	require.ErrorIs(t, err, ErrUntrusted, "everyone may write to it")
}

// A pipe in a place that is searched is rejected.
func TestSearchRejectsPipe(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.MkdirAll(filepath.Dir(s.path(FromUser)), 0o755))
	require.NoError(t, syscall.Mkfifo(s.path(FromUser), 0o600))
	_, err := s.finder(t, FromUser).Open()
	require.ErrorIs(t, err, ErrNotRegular)
}

// Explain leaves the standard input for Open to read.
func TestExplainDoesNotReadStdin(t *testing.T) {
	got := Finder{App: app, Flag: "-"}.Explain()
	assert.Equal(t, Attempt{Source: FromFlag, Path: "-"}, got[0])
}
