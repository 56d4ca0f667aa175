package doctor

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestNoexecTmp(t *testing.T) {
	needGo(t)
	if !testenv.InNetNS(t) { // which has mounts of its own
		return
	}
	p := newPerson(t)
	p.project = p.home
	require.NoError(t, unix.Mount("tmpfs", p.tmp, "tmpfs", unix.MS_NOEXEC, ""))
	t.Cleanup(func() { unix.Unmount(p.tmp, unix.MNT_DETACH) })
	r := p.examine(t, "go.tmp", nil, "", "")
	require.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Summary, "can't be run")
	r = p.examine(t, "go.tmp", nil, "sh", r.Fix.Sh)
	assert.Equal(t, OK, r.Status, r.Summary)
	assert.Contains(t, r.Summary, filepath.Join(p.home, "gotmp"))
}

func TestFullTmp(t *testing.T) {
	needGo(t)
	if !testenv.InNetNS(t) {
		return
	}
	p := newPerson(t)
	p.project = p.home
	require.NoError(t, unix.Mount("tmpfs", p.tmp, "tmpfs", 0, "nr_inodes=1"))
	t.Cleanup(func() { unix.Unmount(p.tmp, unix.MNT_DETACH) })
	r := p.examine(t, "go.tmp", nil, "", "")
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, r.Summary, "not writable")
}

// TestForeignCache runs as nobody, with a module cache that sudo go has written to.
func TestForeignCache(t *testing.T) {
	needGo(t)
	if !testenv.IsRoot() {
		t.Skip("needs root, who gives files away")
	}
	dir, err := os.MkdirTemp("", "doctor-cache-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	const nobody = 65534
	download := filepath.Join(dir, "pkg", "mod", "cache", "download")
	roots := filepath.Join(dir, "pkg", "mod", "example.com", "team")
	require.NoError(t, os.MkdirAll(download, 0o755))
	require.NoError(t, os.MkdirAll(roots, 0o755))
	for path := download; path != filepath.Dir(dir); path = filepath.Dir(path) {
		require.NoError(t, os.Chown(path, nobody, nobody))
	}
	require.NoError(t, os.Chown(filepath.Dir(roots), nobody, nobody))
	cmd := asNobody(t, dir, "examine", "go.modcache", "/")
	cmd.Env = append(cmd.Env, "GOPATH="+dir, "GOMODCACHE=", "GOCACHE="+filepath.Join(dir, "cache"), "HOME="+dir, "GOENV=off")
	out, err := cmd.Output()
	require.NoError(t, err, "%s", out)
	_, answer, _ := strings.Cut(string(out), examined)
	var report Report
	require.NoError(t, json.Unmarshal([]byte(answer), &report), "%s", out)
	r := report.Results[0]
	require.Equal(t, Error, r.Status, r.Summary)
	assert.Equal(t, []string{roots}, r.Evidence)
	assert.Contains(t, r.Fix.Sh, "sudo chown -R")
}

// asNobody is a helper process of another account, if this one is root.
func asNobody(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	exe := filepath.Join(dir, "test") // where nobody may run it
	self, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(exe, self, 0o755))
	cmd := testenv.Command(t, args[0], args[1:]...)
	cmd.Path, cmd.Dir = exe, "/"
	if testenv.IsRoot() {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	return cmd
}

// TestReadOnlyCache runs as nobody, with a cache that belongs to root: what sudo go build leaves
// behind.
func TestReadOnlyCache(t *testing.T) {
	needGo(t)
	dir, err := os.MkdirTemp("", "doctor-cache-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "cache", "00"), 0o755))
	require.NoError(t, os.Chmod(dir, 0o755))
	cmd := asNobody(t, dir, "examine", "go.cache", "/")
	cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(dir, "cache"), "HOME=/nonexistent", "GOPATH=/nonexistent", "GOENV=off")
	if !testenv.IsRoot() {
		require.NoError(t, os.Chmod(filepath.Join(dir, "cache", "00"), 0o555))
	}
	out, err := cmd.Output()
	require.NoError(t, err, "%s", out)
	_, answer, _ := strings.Cut(string(out), examined)
	var report Report
	require.NoError(t, json.Unmarshal([]byte(answer), &report), "%s", out)
	r := report.Results[0]
	assert.Equal(t, Error, r.Status, r.Summary)
	assert.Contains(t, strings.Join(r.Evidence, "\n"), filepath.Join("cache", "00"))
}
