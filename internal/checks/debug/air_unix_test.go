//go:build unix

package debugtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// version is what the copy of a service has more than the service: the test reads from it which
// version serves, and which process that is.
const version = `package service

import (
	"fmt"
	"net/http"
	"os"
)

func version(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprint(w, "one", " ", os.Getpid())
}
`

// On Windows, air runs programs by PowerShell and kills them: nothing there could be asked to end.
func TestAir(t *testing.T) {
	t.Parallel()
	air := tool(t, "github.com/air-verse/air@v1.67.4")
	const name = "api-gateway" // whose file stands for the others': see TestAirFiles
	module, p := copyModule(t), newPlace(t)
	source := filepath.Join(module, "internal", "service", "version.go")
	require.NoError(t, os.WriteFile(source, []byte(version), 0o644))
	const route = `root.Handle("GET /healthz",`
	replace(t, filepath.Join(module, "internal", "service", "http.go"), route, `root.HandleFunc("GET /version", version);`+route)

	runGo(t, module, "build", "-o", os.DevNull, "./cmd/"+name) // what is in the go command's cache needs not be awaited below

	output := new(testenv.Buffer)
	cmd := exec.Command(air, "-c", "cmd/"+name+"/.air.toml")
	cmd.Dir, cmd.Env = module, append(p.env(), "GOFLAGS=", "GOWORK=off")
	ended := start(t, cmd, output, func() { interrupt(cmd) })

	old := p.serving(t, "one", output)
	saved := time.Now()
	replace(t, source, `"one"`, `"two"`)
	young := p.serving(t, "two", output)
	t.Logf("from saved to served: %v", time.Since(saved).Round(10*time.Millisecond))
	awaitEnd(t, old)

	interrupt(cmd)
	select {
	case <-ended:
	case <-time.After(limit):
		require.FailNow(t, "air does not end")
	}
	awaitEnd(t, young)
	assert.NoDirExists(t, filepath.Join(module, "tmp", name), "clean_on_exit")
}

func awaitEnd(t *testing.T, pid int) {
	t.Helper()
	require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) },
		limit, 10*time.Millisecond, "process %d is still there", pid)
}

// The files differ only in the service's name.
func TestAirFiles(t *testing.T) {
	read := func(service string) string {
		data, err := os.ReadFile(filepath.Join(root, "cmd", service, ".air.toml"))
		require.NoError(t, err)
		return strings.ReplaceAll(string(data), service, "NAME")
	}
	names := services(t)
	first := read(names[0])
	assert.Contains(t, first, `entrypoint = ["./tmp/NAME/NAME"]`)
	assert.Contains(t, first, `entrypoint = ['tmp\NAME\NAME.exe']`)
	for _, name := range names[1:] {
		assert.Equal(t, first, read(name))
	}
}

// serving awaits that a version serves, and returns its process.
func (p place) serving(t *testing.T, version string, output *testenv.Buffer) (pid int) {
	t.Helper()
	require.Eventually(t, func() bool {
		url, err := os.ReadFile(p.addrFile)
		if err != nil {
			return false
		}
		_, body := get(string(url) + "/version")
		n, _ := fmt.Sscanf(body, version+" %d", &pid)
		return n == 1
	}, limit, 10*time.Millisecond, "version %s does not serve:\n%s", version, output)
	return pid
}
