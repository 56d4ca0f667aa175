package upgrade

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func TestStart(t *testing.T) {
	dir := t.TempDir()
	p := &spec.Spec{Dir: dir, Env: map[string]string{"WORD": "ü x"}}
	shell, print, sleep := "/bin/sh", `echo "$SVCX_CHECK $WORD in $PWD"; exit 3`, "exec sleep 60"
	p.Args = []string{"-c", print}
	if filepath.Separator == '\\' {
		shell, sleep = filepath.Join(os.Getenv("SystemRoot"), "system32", "cmd.exe"), "ping -n 60 127.0.0.1"
		p.Args = []string{"/c", "echo %SVCX_CHECK% %WORD% in %CD%& exit 3"}
		p.Env["WORD"] = "y x"
	}
	output := filepath.Join(dir, "output.log")
	wait, _, err := start(shell, p, output)
	require.NoError(t, err)
	assert.EqualError(t, wait(), "exit status 3")
	text, err := os.ReadFile(output)
	require.NoError(t, err)
	real, err := filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	assert.Equal(t, "1 "+p.Env["WORD"]+" in "+real, strings.TrimSpace(string(text)))

	p.Args[1] = sleep
	wait, kill, err := start(shell, p, output)
	require.NoError(t, err)
	begin := time.Now()
	kill()
	assert.Error(t, wait())
	assert.Less(t, time.Since(begin), 30*time.Second)

	_, _, err = start(filepath.Join(dir, "none"), p, output)
	assert.ErrorIs(t, err, os.ErrNotExist)
}
