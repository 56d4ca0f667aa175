package e2e

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program has the clients of PostgreSQL and Redis unless the tag lite leaves them out. Then it says
// so to a user who needs them.
func TestLite(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("builds a service: %v", err)
	}
	clients := []string{"github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9"}
	lite := filepath.Join(t.TempDir(), "order-service.exe")
	build := exec.Command("go", "build", "-tags", "lite", "-o", lite, "./cmd/order-service")
	build.Dir = "../../../examples/devloop"
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	modules := func(exe string) (paths []string) {
		info, err := buildinfo.ReadFile(exe)
		require.NoError(t, err)
		for _, m := range info.Deps {
			paths = append(paths, m.Path)
		}
		return paths
	}
	assert.Subset(t, modules(program(t, "order-service")), clients)
	for _, client := range clients {
		assert.NotContains(t, modules(lite), client)
	}

	for setting, variable := range map[string]string{
		"DATABASE_URL=postgres://u:secret@localhost/x": "DATABASE_URL",
		"REDIS_URL=redis://:secret@localhost":          "REDIS_URL",
	} {
		cmd := command(t, "order-service", setting)
		cmd.Path, cmd.Args[0] = lite, lite
		p := run(t, cmd)
		assert.Error(t, p.Wait())
		assert.Contains(t, p.out.String(), variable+`: this program was built with the tag "lite"`)
		assert.Contains(t, p.out.String(), "build it without that tag")
		assert.NotContains(t, p.out.String(), "secret")
		assert.Equal(t, 1, strings.Count(p.out.String(), "order-service: "))
	}
	cmd := command(t, "order-service", "ADDR_FILE="+filepath.Join(t.TempDir(), "addr"))
	cmd.Path, cmd.Args[0] = lite, lite
	p := run(t, cmd)
	await(t, "it serves with SQLite and memory", func() error {
		if strings.Contains(p.out.String(), "msg=serving") {
			return nil
		}
		return os.ErrNotExist
	})
	p.stop(t)
}
