package doctor

import (
	"encoding/json"
	"errors"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// person is a user with a home, a temporary directory and, in that, a project.
type person struct{ home, tmp, project string }

func newPerson(t *testing.T) person {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	p := person{filepath.Join(root, "Li's home"), filepath.Join(root, "tmp"), filepath.Join(root, "tmp", "project")}
	for _, dir := range []string{p.home, p.tmp, p.project} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	// Without that, the go command of a fix leaves a process behind that writes into the home.
	for _, config := range []string{".config", "Library/Application Support"} {
		dir := filepath.Join(p.home, config, "go", "telemetry")
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "mode"), []byte("off"), 0o644))
	}
	p.dotfiles(t)
	return p
}

// dotfiles gives a user the start-up files that people have: a setting behind an if, others in the
// same export, and a file that is a link to one in another directory.
func (p person) dotfiles(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return
	}
	for name, text := range map[string]string{
		".bashrc":                  "# ~/.bashrc\ncase $- in *i*) ;; *) return ;; esac\nexport NOT_GOROOT=1\n",
		"dotfiles/profile":         "if [ -d /opt/go ]; then\n\tPATH=/opt/go/bin:$PATH\nfi\n",
		"dotfiles/zshenv":          "export EDITOR=vi\n",
		".config/fish/config.fish": "set -gx EDITOR vi\n",
	} {
		path := filepath.Join(p.home, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	require.NoError(t, os.Symlink("dotfiles/profile", filepath.Join(p.home, ".profile")))
	require.NoError(t, os.Symlink("dotfiles/zshenv", filepath.Join(p.home, ".zshenv")))
}

// startUp returns the start-up files' contents, and where links lead.
func (p person) startUp(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, name := range []string{".bashrc", ".profile", ".zshenv", "dotfiles/profile", "dotfiles/zshenv", ".config/fish/config.fish"} {
		path := filepath.Join(p.home, name)
		data, err := os.ReadFile(path)
		if runtime.GOOS != "windows" {
			require.NoError(t, err)
		}
		link, _ := os.Readlink(path) // "": none
		files[name] = link + "\n" + string(data)
	}
	return files
}

// sets appends a line to a start-up file.
func (p person) sets(t *testing.T, name, line string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(p.home, name), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(line + "\n")
	require.NoError(t, errors.Join(err, f.Close()))
}

// examine makes a check as that person, who has typed a line into the same shell before, if there
// is one.
func (p person) examine(t *testing.T, check string, env []string, shell, line string) Result {
	t.Helper()
	results := p.report(t, check, env, shell, line).Results
	return results[len(results)-1]
}

func (p person) report(t *testing.T, check string, env []string, shell, line string) (r Report) {
	t.Helper()
	cmd := testenv.Command(t, "examine", check, p.project)
	cmd.Dir = p.project
	if line != "" {
		cmd = typed(t.Context(), shell, line, cmd)
	}
	for _, name := range append([]string{"XDG_CONFIG_HOME", "XDG_CACHE_HOME", "GOENV", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NETRC"}, goVars...) {
		cmd.Env = append(cmd.Env, name+"=")
	}
	config := filepath.Join(p.home, ".config")
	cmd.Env = append(cmd.Env, "USERPROFILE="+p.home, "APPDATA="+config, "LOCALAPPDATA="+config, "TMP="+p.tmp, "TEMP="+p.tmp)
	cmd.Env = append(cmd.Env, "HOME="+p.home, "TMPDIR="+p.tmp)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, answer, ok := strings.Cut(string(out), examined) // the fix may print as well
	require.True(t, ok, "%s", out)
	require.NoError(t, json.Unmarshal([]byte(answer), &r), "%s", out)
	return r
}
