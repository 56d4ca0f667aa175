package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/pathx"
)

func TestPrintTable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.json")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	finder := pathx.Finder{App: "orders", Flag: path, Trust: pathx.TrustNone}

	var out strings.Builder
	require.NoError(t, printTable(&out, finder.Explain()))
	lines := strings.Split(out.String(), "\n")
	assert.Regexp(t, `^SOURCE +PLACE +STATUS +HINT$`, lines[0])
	assert.Equal(t, []string{"flag", path, "taken"}, strings.Fields(lines[1]))
	assert.Greater(t, len(lines), 3, "the other places are also shown:\n%s", &out)
}

func TestPrintConfig(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.json")
	require.NoError(t, os.WriteFile(path, []byte("\uFEFF{}\n"), 0o644))
	finder := pathx.Finder{App: "orders", Flag: path, Trust: pathx.TrustNone}
	var out strings.Builder
	require.NoError(t, printConfig(&out, finder))
	assert.Equal(t, "# "+path+" (flag)\n{}\n", out.String())

	finder.Flag += ".missing"
	assert.ErrorContains(t, printConfig(&out, finder), "does not exist")
}
