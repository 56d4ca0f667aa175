package doctor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestNoexecTmp(t *testing.T) {
	needGo(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := t.TempDir()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_NOEXEC, ""))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	t.Setenv("TMPDIR", dir)
	t.Setenv("GOTMPDIR", "")
	r := look(t, Options{Dir: "/"}, "go.tmp")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Summary, "can't be run")
	assert.Contains(t, r.Fix.Sh, "GOTMPDIR")
}

func TestReadOnlyCache(t *testing.T) {
	needGo(t)
	testenv.NeedRoot(t) // to become somebody else
	dir, err := os.MkdirTemp("", "doctor-cache-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755)) // root's: nobody may read it, and no more
	exe := filepath.Join(dir, "test")
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(exe, self, 0o755))

	cmd := testenv.Command(t, "examine", "go.cache", "/")
	cmd.Path = exe
	cmd.Env = append(cmd.Env, "GOCACHE="+dir, "HOME=/nonexistent", "GOPATH=/nonexistent", "GOENV=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.Output()
	require.NoError(t, err, "%s", out)
	var r Result
	require.NoError(t, json.Unmarshal(out, &r))
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Evidence[0], dir)
}
