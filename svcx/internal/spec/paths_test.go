package spec

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAbsoluteArg(t *testing.T) {
	wd := t.TempDir()
	there := map[string]bool{"orders.json": true, "conf/orders": true, "data": true}
	for arg, want := range map[string]string{
		"orders.json":                "orders.json",
		"-config=orders.json":        "orders.json",
		"conf/orders":                "conf/orders",
		"./new.json":                 "new.json",
		"-out=../new.json":           "../new.json",
		"data":                       "", // a word
		"other.json":                 "",
		"-config":                    "",
		"1.5":                        "",
		"":                           "",
		"-listen=:80":                "",
		filepath.Join(wd, "x.json"):  "",
		"http://orders.example/x.js": "",
	} {
		if name, _, ok := strings.Cut(arg, "="); want != "" && ok {
			want = name + "=" + filepath.Join(wd, filepath.FromSlash(want))
		} else if want != "" {
			want = filepath.Join(wd, filepath.FromSlash(want))
		}
		assert.Equal(t, want, absoluteArg(arg, func(path string) (string, error) { return filepath.Join(wd, path), nil }, func(name string) bool { return there[name] }), arg)
	}
}

func TestCheckPaths(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("orders.json", nil, 0o600))
	exe := filepath.Join(t.TempDir(), "orders")
	s := &Spec{Name: "x", Executable: exe, Args: []string{"-config", "orders.json"}}
	wd, err := os.Getwd()
	require.NoError(t, err)
	err = s.CheckPaths()
	assert.ErrorContains(t, err, "the service runs in "+filepath.Dir(exe))
	assert.ErrorContains(t, err, "write "+filepath.Join(wd, "orders.json"))
	s.Dir = wd
	assert.NoError(t, s.CheckPaths(), "it runs here")
	s.Dir = "conf"
	assert.ErrorContains(t, s.CheckPaths(), "Service.Dir")
	s.Dir, s.LogDir = "", "logs"
	assert.ErrorContains(t, s.CheckPaths(), "Service.LogDir")
	s.LogDir, s.Args = "", nil
	assert.NoError(t, s.CheckPaths())
	s.Executable = filepath.Join(wd, "go-build1234", "b001", "exe", "orders")
	assert.ErrorContains(t, s.CheckPaths(), "go run")
}
