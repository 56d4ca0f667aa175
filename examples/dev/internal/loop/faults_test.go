package loop

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// TestProgramsWithSameName: go build names a program by the last element of its import path.
func TestProgramsWithSameName(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	for _, name := range []string{"alpha", "beta"} {
		save(t, filepath.Join(dir, name, "cmd", "main.go"), `package main

import (
	"os"

	"example.test/fake"
)

func main() { os.Exit(fake.Main("`+name+`", "ok")) }
`)
	}
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].Package = "./alpha/cmd"
		cfg.Services[1].Package = "./beta/cmd"
	})
	r.awaitVersion("alpha", "alpha")
	r.awaitVersion("beta", "beta")
}

// TestPackages: the package at the module's root, one with a slash behind it, and the same one
// twice.
func TestPackages(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	main, err := os.ReadFile(filepath.Join(dir, "cmd", "alpha", "main.go"))
	require.NoError(t, err)
	save(t, filepath.Join(dir, "main.go"), string(main))
	save(t, filepath.Join(dir, "version.go"), "package main\n\nconst version, manner = \"root\", \"ok\"\n")
	f, err := config.Parse("dev.toml", dir, []byte(`
[[service]]
name = "alpha"
package = "."
[[service]]
name = "beta"
package = "./cmd/beta/"
[[service]]
name = "gamma"
package = "./cmd/beta"
`))
	require.NoError(t, err)
	r := start(t, dir, func(cfg *Config) {
		cfg.Services[0].Package = f.Services[0].Package
		cfg.Services[1].Package = f.Services[1].Package
		gamma := cfg.Services[1]
		gamma.Name, gamma.Package = "gamma", f.Services[2].Package
		cfg.Services = append(cfg.Services, gamma)
	})
	r.awaitVersion("alpha", "root")
	r.awaitVersion("beta", "1")
	r.awaitVersion("gamma", "1")
	save(t, filepath.Join(dir, "version.go"), "package main\n\nconst version, manner = \"root 2\", \"ok\"\n")
	r.awaitVersion("alpha", "root 2")
	saveVersion(t, dir, "beta", "2", "ok")
	r.awaitVersion("beta", "2")
	r.awaitVersion("gamma", "2")
}

// TestLinkedSource: a source file that is a link changes when what it leads to does.
func TestLinkedSource(t *testing.T) {
	needGo(t)
	dir := newModule(t)
	shared := t.TempDir()
	link := filepath.Join(dir, "cmd", "alpha", "version.go")
	require.NoError(t, os.Rename(link, filepath.Join(shared, "version.go")))
	if err := os.Symlink(filepath.Join(shared, "version.go"), link); err != nil {
		t.Skip("this user can make no links: ", err)
	}
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	for range 20 { // the list of what it is built from comes after the build
		save(t, filepath.Join(shared, "version.go"), "package main\n\nconst version, manner = \"2\", \"ok\"\n")
		for range 50 {
			if r.Status().Services[0].Reloads > 0 {
				r.awaitVersion("alpha", "2")
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	t.Fatal("the change was not seen")
}

// TestReapedFolder: what cleans up temporary folders takes dev's programs, and the folder itself.
func TestReapedFolder(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no program that runs can be removed")
	}
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	before := r.awaitState("beta", page.Healthy)
	require.NoError(t, os.RemoveAll(r.temp))
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")

	resp, err := http.Post(before.URL+"/exit/3", "", nil) // its program has gone as well
	require.NoError(t, err)
	resp.Body.Close()
	r.await("beta", "started again", func(s page.Service) bool { return s.PID != before.PID && s.State == page.Healthy })
	r.awaitVersion("beta", "1")
}

// TestLastLine: how a process ended says less than what it said last.
func TestLastLine(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	saveVersion(t, dir, "alpha", "2", "exit")
	r.awaitPrinted("alpha: the new build did not start, the old one serves on: exit code 3; its last line: no database")
	assert.Contains(t, r.awaitState("alpha", page.Healthy).Reason, "no database")
}

func TestSaid(t *testing.T) {
	s, err := newSaid("listening at :[0-9]+")
	require.NoError(t, err)
	assert.Empty(t, s.quoted())
	s.Write([]byte("one\n\x1b[31mlisten"))
	assert.False(t, s.matched())
	s.Write([]byte("ing at :80\x1b[0m\n \n"))
	assert.True(t, s.matched())
	assert.Equal(t, "; its last line: listening at :80", s.quoted())
	s.Write([]byte(strings.Repeat("长", 1000)))
	require.NoError(t, s.Close())
	assert.Equal(t, "; its last line: "+strings.Repeat("长", maxQuote)+"…", s.quoted())
	_, err = newSaid("(")
	assert.Error(t, err)
}
