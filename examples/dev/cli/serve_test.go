package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/internal/loop"
)

// TestFollow: a change of dev.toml or of a file of variables is another plan, once it is right.
func TestFollow(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write(".git", "") // nothing above is ours
	t.Chdir(dir)
	const one = "[[service]]\nname = \"one\"\nrun = \"true\"\n"
	write("dev.toml", one)
	var o options
	p, err := o.configuration()
	require.NoError(t, err)
	s, err := o.supervisor(p)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	type pair struct {
		plan
		supervisor *loop.Supervisor
	}
	follow := func() <-chan pair {
		c := make(chan pair, 1)
		go func() {
			next, after := o.follow(ctx, p, s)
			c <- pair{next, after}
		}()
		return c
	}
	awaitNotice := func(want string) {
		t.Helper()
		require.Eventually(t, func() bool { return s.Status().Notice == want }, time.Minute, 10*time.Millisecond, want)
	}
	file := filepath.Join(dir, "dev.toml")
	next := follow()
	const hint = " (until that is right, all goes on as it was)"
	write("dev.toml", one+"nom = 1\n")
	awaitNotice(file + `:4:1: unknown key "service.nom"` + hint)
	write("dev.toml", one+"needs = [\"two\"]\n")
	awaitNotice(file + `:4:1: there is no service "two"` + hint)
	write("dev.toml", "# as it was\n"+one)
	awaitNotice("")
	write("dev.toml", one+"env_file = \"own\"\n")
	require.Eventually(t, func() bool { return len(s.Status().Notice) > 0 }, time.Minute, 10*time.Millisecond, "there is no such file")
	assert.Empty(t, next, "none of that was another plan that can be run")
	write("own", "A=1\n")
	after := <-next
	require.NotNil(t, after.supervisor)
	assert.Equal(t, []string{"A=1"}, after.Services[0].FileEnv)
	assert.Equal(t, "dev.toml or a file of variables has changed: starting all services again", s.Status().Notice)

	p, s = after.plan, after.supervisor
	next = follow()
	write(".env", "B=2\n") // which was not there
	after = <-next
	require.NotNil(t, after.supervisor)
	assert.Equal(t, []string{"B=2"}, after.Services[0].SharedEnv)
	cancel()
	assert.Nil(t, (<-follow()).supervisor)
}
