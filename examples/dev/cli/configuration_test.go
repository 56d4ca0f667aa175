package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// module writes the files of a module to a new directory, changes to it and returns it.
func module(t *testing.T, files map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here: ", err)
	}
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write := func(name, text string) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	write("go.mod", "module example.test/shop\n\ngo 1.26\n")
	write(".git", "") // nothing above is ours
	for name, text := range files {
		write(name, text)
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")
	t.Chdir(dir)
	return dir
}

const (
	worker = "package main\n\nfunc main() {}\n"
	server = "package main\n\nimport \"os\"\n\nfunc main() { println(os.Getenv(\"PORT\")) }\n"
)

// TestFound: without a dev.toml, what is run is what there is.
func TestFound(t *testing.T) {
	dir := module(t, map[string]string{
		"main.go": worker, "cmd/web/main.go": server, "lib/lib.go": "package lib\n", "cmd/web/main_test.go": "package main\n",
		"cmd/api/main.go":  "package main\n\nimport \"example.test/shop/config\"\n\nfunc main() { println(config.Port) }\n",
		"config/config.go": "package config\n\nvar Port struct{ P int `env:\"PORT,required\"` }\n",
		"tool/gen.go":      "//go:build ignore\n\npackage main\n\nfunc main() {}\n",
	})
	cfg, err := options{}.configuration()
	require.NoError(t, err)
	assert.Equal(t, dir, cfg.Dir)
	var found []string
	for _, s := range cfg.Services {
		found = append(found, s.Name+" "+s.Package+" "+s.Address)
	}
	assert.Equal(t, []string{"shop . ", "api ./cmd/api localhost:8080", "web ./cmd/web localhost:8081"}, found)
	assert.True(t, cfg.Services[0].StopFirst)
	assert.False(t, cfg.Services[1].StopFirst)
}

// TestTwoServicesWithSameName: which of them is meant, dev can't know.
func TestTwoServicesWithSameName(t *testing.T) {
	module(t, map[string]string{"a/server/main.go": worker, "b/server/main.go": worker})
	_, err := options{}.configuration()
	require.ErrorContains(t, err, `a second service is called "server"`)
	assert.ErrorContains(t, err, `write name = "b-server"`)
	assert.ErrorContains(t, err, "package = \"./a/server\"\n", "what to write it into")
}

func TestNothingFound(t *testing.T) {
	module(t, map[string]string{"lib/lib.go": "package lib\n"})
	_, err := options{}.configuration()
	assert.ErrorContains(t, err, "no module there has a main package")
	t.Chdir(t.TempDir())
	_, err = options{}.configuration()
	assert.ErrorContains(t, err, "no module there has a main package")
}

// TestFlagsWin: over dev.toml, which is found above.
func TestFlagsWin(t *testing.T) {
	dir := module(t, map[string]string{
		"dev.toml":        "status = \"\"\ndrain = \"2s\"\nstart = \"3s\"\n[[service]]\npackage = \"./cmd/web\"\n",
		"cmd/web/main.go": worker,
	})
	t.Chdir(filepath.Join(dir, "cmd", "web"))
	o := options{status: "localhost:8090"}
	cfg, err := o.configuration()
	require.NoError(t, err)
	assert.Equal(t, dir, cfg.Dir)
	assert.Empty(t, cfg.Status)
	assert.Equal(t, 2*time.Second, cfg.Drain)
	assert.Equal(t, 3*time.Second, cfg.Start)
	o.drain, o.set = time.Minute, map[string]bool{"status": true, "drain": true}
	cfg, err = o.configuration()
	require.NoError(t, err)
	assert.Equal(t, "localhost:8090", cfg.Status)
	assert.Equal(t, time.Minute, cfg.Drain)
	o.file = filepath.Join(dir, "none.toml")
	_, err = o.configuration()
	assert.ErrorIs(t, err, os.ErrNotExist)
}

// TestInit: dev init writes what dev would run, and does not write it twice.
func TestInit(t *testing.T) {
	for name, test := range map[string]struct {
		files map[string]string
		want  string
	}{
		"main packages": {map[string]string{"cmd/web/main.go": server}, "name = \"web\"\npackage = \"./cmd/web\"\naddress = \"localhost:8080\"\n"},
		"a Procfile":    {map[string]string{"cmd/web/main.go": server, "Procfile": "ui: npm start\n"}, "name = \"ui\"\nrun = \"npm start\"\n"},
		"air": {map[string]string{"cmd/web/main.go": server, "cmd/web/.air.toml": "[build]\ncmd = \"go build -o tmp/ ./cmd/web\"\nargs_bin = [\"-v\"]\n"},
			"name = \"web\"\npackage = \"./cmd/web\"\naddress = \"localhost:8080\"\nargs = [\"-v\"]\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := module(t, test.files)
			var out bytes.Buffer
			require.NoError(t, initialize(dir, &out))
			text, err := os.ReadFile(filepath.Join(dir, "dev.toml"))
			require.NoError(t, err)
			assert.Contains(t, string(text), test.want)
			assert.Contains(t, out.String(), string(text))
			_, err = options{}.configuration()
			require.NoError(t, err)
			assert.ErrorContains(t, initialize(dir, &out), "is there already")
		})
	}
}
