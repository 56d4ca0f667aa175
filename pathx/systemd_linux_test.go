package pathx

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// A service searches the directories set by ConfigurationDirectory= and its siblings.
func TestSystemdDirectories(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	const app = "pathx-test-orders"
	require.NoError(t, os.MkdirAll("/etc/"+app, 0o755))
	require.NoError(t, os.WriteFile("/etc/"+app+"/"+app+".json", nil, 0o644))
	t.Cleanup(func() {
		for _, dir := range []string{"/etc", "/var/lib", "/var/cache", "/var/log"} {
			os.RemoveAll(filepath.Join(dir, app))
		}
	})
	helper := testenv.Command(t, "dirs", app)
	args := []string{"--wait", "--pipe", "--quiet", "-p", "ConfigurationDirectory=" + app, "-p", "StateDirectory=other " + app,
		"-p", "CacheDirectory=" + app, "-p", "LogsDirectory=" + app, "-p", "RuntimeDirectory=" + app, "--setenv=" + helper.Env[len(helper.Env)-1], "--setenv=GORACE=" + os.Getenv("GORACE")}
	run := func(more ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "systemd-run", append(append(args, more...), helper.Args...)...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}

	out := run()
	assert.Contains(t, out, "{Config:/etc/"+app+" Data:/var/lib/"+app+" State:/var/lib/"+app+" Cache:/var/cache/"+app+" Log:/var/log/"+app+" Runtime:/run/"+app+" ")
	assert.Contains(t, out, "system /etc/"+app+"/"+app+".json: taken")
	assert.Equal(t, 1, strings.Count(out, "/etc/"+app+"/"), "one place, though systemd and /etc both lead to it:\n%s", out)

	out = run("-p", "DynamicUser=yes") // its directories are links into /var/lib/private
	assert.Contains(t, out, " State:/var/lib/"+app+" ")
	assert.Contains(t, out, "system /etc/"+app+"/"+app+".json: taken")
}
