package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// imagesVar names the folder with the images, for the process inside the namespace.
const imagesVar = "DEVLOOP_IMAGES"

// TestContainers runs the project of compose.yaml with no engine but the kernel: each service in
// the root that its image would have, as PID 1, as the image's user, with the project's
// environment, under the project's host names, in a network without another. The health checks are
// the project's own.
//
// This does not cover what an engine adds: a separate network per container, the volumes, the
// limits on what the process may do.
func TestContainers(t *testing.T) {
	testenv.NeedRoot(t)
	images := os.Getenv(imagesVar)
	if images == "" {
		images = t.TempDir()
		buildImages(t, images)
		t.Setenv(imagesVar, images)
	}
	if !testenv.InNetNS(t) {
		return
	}
	runtime.LockOSThread() // Pdeathsig goes by the thread that starts a child: golang.org/issue/27505

	project := loadCompose(t, nil)
	var running []container
	for _, name := range names { // in the order of depends_on, as TestComposeServices checks
		c := newContainer(t, images, project.Services[name])
		require.Error(t, c.healthy(t), "%s is not running yet", name)
		c.start(t)
		eventually(t, func() bool { return c.healthy(t) == nil }, func() string {
			return fmt.Sprint(name, " becomes healthy: ", c.healthy(t), c.out.String())
		})
		running = append(running, c)
	}

	const gateway = "http://127.0.0.1:8000"
	var user struct{ ID string }
	require.NoError(t, json.Unmarshal(request(t, http.MethodPost, gateway+"/api/users", `{"name":"Ann","email":"ann@example.com"}`), &user))
	require.NotEmpty(t, user.ID)
	request(t, http.MethodPost, gateway+"/api/orders", `{"user_id":"`+user.ID+`","item":"tea","quantity":2}`)
	var both struct {
		User   struct{ Name string }
		Orders []struct{ Item string }
	}
	require.NoError(t, json.Unmarshal(request(t, http.MethodGet, gateway+"/api/users/"+user.ID+"/orders", ""), &both))
	assert.Equal(t, "Ann", both.User.Name)
	require.Len(t, both.Orders, 1)
	assert.Equal(t, "tea", both.Orders[0].Item)

	for _, c := range slices.Backward(running) {
		c.stop(t)
	}
}

type container struct {
	root    string
	service types.ServiceConfig
	attr    *syscall.SysProcAttr
	env     []string
	entry   []string
	out     *testenv.Buffer
	process **exec.Cmd
}

// newContainer prepares the root of a service's image as an engine would.
func newContainer(t *testing.T, images string, s types.ServiceConfig) container {
	t.Helper()
	_, final := readDockerfile(t)
	c := container{root: filepath.Join(images, s.Name), service: s, out: &testenv.Buffer{}, process: new(*exec.Cmd)}
	c.entry = one[*instructions.EntrypointCommand](t, final).CmdLine
	uid, gid, _ := strings.Cut(one[*instructions.UserCommand](t, final).User, ":")
	c.attr = &syscall.SysProcAttr{
		Chroot:     c.root,
		Credential: &syscall.Credential{Uid: uint32(number(t, uid)), Gid: uint32(number(t, gid))},
		Pdeathsig:  syscall.SIGKILL,
	}
	for _, pair := range one[*instructions.EnvCommand](t, final).Env {
		c.env = append(c.env, pair.String())
	}
	for key, value := range s.Environment {
		c.env = append(c.env, key+"="+*value)
	}
	// An engine lays a hosts file over the image's, and a tmpfs where it is asked for.
	require.NoError(t, os.MkdirAll(filepath.Join(c.root, "etc"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(c.root, "etc/hosts"), []byte("127.0.0.1 localhost "+strings.Join(names, " ")+"\n::1 localhost\n"), 0o644))
	for _, dir := range s.Tmpfs {
		require.NoError(t, os.MkdirAll(filepath.Join(c.root, dir), 0o755))
		require.NoError(t, syscall.Mount("tmpfs", filepath.Join(c.root, dir), "tmpfs", 0, "mode=1777"))
	}
	return c
}

func (c container) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Path, cmd.Err = args[0], nil // a path of the container
	cmd.Dir, cmd.Env = "/", c.env
	attr := *c.attr
	cmd.SysProcAttr = &attr
	return cmd
}

// start starts the service as PID 1, on which signals without a handler have no effect.
func (c container) start(t *testing.T) {
	t.Helper()
	cmd := c.command(context.Background(), c.entry)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWPID
	require.NoError(t, cmd.Start())
	*c.process = cmd
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
		if t.Failed() {
			t.Logf("%s:\n%s", c.service.Name, c.out)
		}
	})
}

// healthy runs the health check of compose.yaml.
func (c container) healthy(t *testing.T) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(*c.service.HealthCheck.Timeout))
	defer cancel()
	check := c.service.HealthCheck.Test
	require.Equal(t, "CMD", check[0])
	if out, err := c.command(ctx, check[1:]).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// stop asks as an engine does; the service must end before it would be killed.
func (c container) stop(t *testing.T) {
	t.Helper()
	cmd := *c.process
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	kill := time.AfterFunc(time.Duration(*c.service.StopGracePeriod), func() { cmd.Process.Kill() })
	defer kill.Stop()
	assert.NoError(t, cmd.Wait(), "%s: %s", c.service.Name, c.out)
}
