package upgrade

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/unix"
)

// openDir returns a directory that every account can enter.
func openDir(t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Dir(dir)} {
		require.NoError(t, os.Chmod(name, 0o755))
	}
	return dir
}

// TestStageKeepsAccess checks that the new program gets the owner, mode and capabilities of the old
// one.
func TestStageKeepsAccess(t *testing.T) {
	testenv.NeedRoot(t)
	dir := t.TempDir()
	exe, program := filepath.Join(dir, "orders"), filepath.Join(dir, "new")
	require.NoError(t, os.WriteFile(exe, []byte("#!/bin/sh\n"), 0o700))
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\n# new\n"), 0o600))
	require.NoError(t, os.Chown(exe, 1234, 4321))
	require.NoError(t, os.Chmod(exe, 0o750|fs.ModeSetgid))
	value := binary.LittleEndian.AppendUint32(nil, 0x02000001) // VFS_CAP_REVISION_2, effective
	for _, set := range []uint32{1 << unix.CAP_NET_BIND_SERVICE, 0, 0, 0} {
		value = binary.LittleEndian.AppendUint32(value, set)
	}
	err := unix.Setxattr(exe, "security.capability", value, 0)
	hasCapabilities := err == nil
	if !hasCapabilities && !errors.Is(err, unix.ENOTSUP) && !errors.Is(err, unix.EPERM) {
		require.NoError(t, err)
	}
	files, err := Lock(exe)
	require.NoError(t, err)
	defer files.Unlock()
	require.NoError(t, files.Stage(program))
	require.NoError(t, files.Swap())
	fi, err := os.Stat(exe)
	require.NoError(t, err)
	assert.Equal(t, 0o750|fs.ModeSetgid, fi.Mode())
	var st unix.Stat_t
	require.NoError(t, unix.Stat(exe, &st))
	assert.Equal(t, [2]uint32{1234, 4321}, [2]uint32{st.Uid, st.Gid})
	text, err := os.ReadFile(exe)
	require.NoError(t, err)
	assert.Contains(t, string(text), "# new")
	if hasCapabilities {
		got := make([]byte, 64)
		n, err := unix.Getxattr(exe, "security.capability", got)
		require.NoError(t, err)
		assert.Equal(t, value, got[:n])
	}
}

// TestEnvironment checks that the environment has no duplicate variables, of which Go would use the
// first and a shell the last.
func TestEnvironment(t *testing.T) {
	t.Setenv("SVCX_WORD", "of this process")
	var got []string
	for _, variable := range environment(&spec.Spec{Env: map[string]string{"SVCX_WORD": "of the service", "A": "1"}}) {
		if strings.HasPrefix(variable, "SVCX_") || strings.HasPrefix(variable, "A=") {
			got = append(got, variable)
		}
	}
	assert.ElementsMatch(t, []string{"SVCX_WORD=of the service", CheckVar + "=1", "A=1"}, got)
}

// TestCheckRunsAsAccount checks that root does not run a program that the service's account may
// change.
func TestCheckRunsAsAccount(t *testing.T) {
	testenv.NeedRoot(t)
	dir := openDir(t)
	program, output := filepath.Join(dir, "orders"), filepath.Join(dir, "output")
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\nid -u; id -G; echo $HOME $USER $SVCX_CHECK $A\n"), 0o755))
	run := func(p *spec.Spec) string {
		wait, _, err := start(program, p, output)
		require.NoError(t, err)
		require.NoError(t, wait())
		text, err := os.ReadFile(output)
		require.NoError(t, err)
		return string(text)
	}
	env := map[string]string{"A": "b"}
	got := strings.Fields(run(&spec.Spec{Account: "nobody", Env: env}))
	require.Len(t, got, 6)
	assert.Equal(t, "65534", got[0])
	assert.NotEqual(t, "0", got[1])
	assert.Equal(t, []string{"1", "b"}, got[4:])
	assert.NotEqual(t, os.Getenv("HOME"), got[2])
	assert.Equal(t, "0", strings.Fields(run(&spec.Spec{Env: env}))[0])
	assert.Contains(t, run(&spec.Spec{Account: "nobody", Env: map[string]string{"HOME": "/srv"}}), "\n/srv ")
	for _, account := range []string{"svcx-nobody-has-it", "$(id)"} {
		_, _, err := start(program, &spec.Spec{Account: account}, output)
		assert.ErrorContains(t, err, "account")
	}
}
