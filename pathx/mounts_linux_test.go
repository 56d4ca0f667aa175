package pathx

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// A ConfigMap is a read-only mount with mode 0777.
func TestTrustOnReadOnlyMount(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=128k")
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Chmod(path, 0o777))
	require.NoError(t, os.Chmod(dir, 0o777))
	theirs := filepath.Join(dir, "theirs")
	require.NoError(t, os.WriteFile(theirs, nil, 0o644))
	require.NoError(t, os.Chown(theirs, nobody, nobody))
	f := Finder{App: app, Flag: path, Trust: TrustAlways}
	untrusted(t, f)

	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	trusted(t, f)
	f.Flag = theirs
	got := untrusted(t, f)
	assert.Equal(t, []string{"uid 65534"}, got.Who)
	assert.Contains(t, got.Fix, "give it to root where it is made")
}

// On FUSE, mount options determine modes and owners; the options in the hint make the file trusted.
func TestTrustOnFUSE(t *testing.T) {
	testenv.NeedRoot(t)
	for _, program := range []string{"mkfs.ext4", "fuse2fs"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	if !testenv.InNetNS(t) {
		return
	}
	top := openDir(t)
	dir, image := filepath.Join(top, "mount"), filepath.Join(top, "image")
	path := filepath.Join(dir, file)
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.WriteFile(image, nil, 0o600))
	require.NoError(t, os.Truncate(image, 8<<20))
	out, err := exec.Command("mkfs.ext4", "-q", image).CombinedOutput()
	require.NoError(t, err, "%s", out)
	// mounted calls do while the image is mounted.
	mounted := func(options string, do func()) {
		cmd := exec.Command("fuse2fs", "-f", "-o", options, image, dir)
		cmd.Stderr = os.Stderr
		require.NoError(t, cmd.Start())
		defer cmd.Wait()
		defer unix.Unmount(dir, unix.MNT_DETACH)
		require.Eventually(t, func() bool {
			_, err := os.Stat(filepath.Join(dir, "lost+found"))
			return err == nil
		}, time.Minute, 5*time.Millisecond)
		do()
	}
	f := Finder{App: app, Flag: path, Trust: TrustAlways}
	var options string
	mounted("fakeroot", func() {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
		require.NoError(t, os.Chmod(path, 0o666))
		require.NoError(t, os.Chown(path, nobody, nobody))
		got := untrusted(t, f)
		assert.Equal(t, []string{"uid 65534"}, got.Who)
		_, hint, found := strings.Cut(got.Fix, "mount it with -o ")
		require.True(t, found, got.Fix)
		options, _, _ = strings.Cut(hint, ", ")
	})
	mounted(options, func() { trusted(t, f) })
}

// The root directory of a user namespace belongs to the overflow user, which no process in it can
// be.
func TestTrustInUserNamespace(t *testing.T) {
	testenv.NeedRoot(t)
	dir := openDir(t)
	path := filepath.Join(dir, file)
	for _, tt := range []struct {
		owner int
		mode  fs.FileMode
		want  string // in the error; "": taken
	}{
		{nobody, 0o644, ""},
		{0, 0o644, ""}, // root's outside
		{0, 0o666, "not trusted: " + path + " can be changed by its group, everyone"},
		{nobody, 0o664, "not trusted: " + path + " can be changed by its group"},
	} {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
		require.NoError(t, os.Chown(path, tt.owner, tt.owner))
		require.NoError(t, os.Chmod(path, tt.mode))
		cmd := testenv.Command(t, "cat", path)
		root := []syscall.SysProcIDMap{{ContainerID: 0, HostID: nobody, Size: 1}}
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: root, GidMappings: root,
			Credential: &syscall.Credential{NoSetGroups: true}}
		out, err := cmd.CombinedOutput()
		if err != nil && strings.Contains(err.Error(), "fork/exec") {
			t.Skipf("no user namespaces here: %v", err)
		}
		if tt.want == "" {
			require.NoError(t, err, "%s", out)
			continue
		}
		require.Error(t, err)
		assert.Contains(t, string(out), tt.want)
	}
}

// Explain reports the risk that the operator has accepted.
func TestExplainReportsTrustNone(t *testing.T) {
	testenv.NeedRoot(t)
	path := filepath.Join(openDir(t), file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Chmod(path, 0o666))
	f := Finder{App: app, Flag: path}
	require.NoError(t, f.Trust.UnmarshalText([]byte("none")))
	trusted(t, f)
	got := f.Explain()[0]
	require.NoError(t, got.Err)
	assert.Contains(t, got.String(), "taken (Finder.Trust is none; otherwise: pathx: not trusted: "+path)
	require.Error(t, f.Trust.UnmarshalText([]byte("all")))
}
