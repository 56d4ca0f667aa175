//go:build unix

package debugtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const paceVar = "DEVLOOP_PACE" // how many saves TestPace measures: "9"

// A racer rebuilds and runs a service when a file is saved.
type racer struct {
	name, source string
	address      func() string // where the service is
	output       *testenv.Buffer
	times        []time.Duration
}

// TestPace measures the time from a save until the new program answers: with dev, with air as
// .air.toml has it, and with air with dev's build flags. The three save in turn, each in a copy of
// the module, so that whatever else the machine does concerns all of them.
func TestPace(t *testing.T) {
	saves, err := strconv.Atoi(os.Getenv(paceVar))
	if err != nil || saves < 1 {
		t.Skip(paceVar + " is not set to a number of saves: this takes a minute, and wants a quiet machine")
	}
	air := tool(t, "github.com/air-verse/air@v1.67.4")
	const service = "order-service"
	const build = "go build -o tmp/" + service + "/ ./cmd/" + service
	same := strings.Replace(build, "go build", "go build -buildvcs=false -ldflags=-w -tags lite", 1)
	racers := []*racer{devRacer(t, service), airRacer(t, air, service, build, build), airRacer(t, air, service, build, same)}
	racers[2].name += " with dev's flags"
	const rehearsals = 2 // dev builds directly what it has seen the go command build
	for save := range rehearsals + saves {
		for _, r := range racers {
			version := fmt.Sprint("v", save+1)
			saved := time.Now()
			replace(t, r.source, fmt.Sprintf("%q", fmt.Sprint("v", save)), fmt.Sprintf("%q", version))
			r.await(t, version)
			if save >= rehearsals {
				r.times = append(r.times, time.Since(saved))
			}
			time.Sleep(time.Second) // until nothing is under way any more
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	t.Logf("%d saves of %s, load %s", saves, service, strings.TrimSpace(string(load)))
	for _, r := range racers {
		t.Logf("%-22s median %.2f s, dev takes %.2f of that; all: %v", r.name, r.median().Seconds(),
			racers[0].median().Seconds()/r.median().Seconds(), r.times)
	}
}

func (r *racer) median() time.Duration {
	sorted := slices.Sorted(slices.Values(r.times))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// await waits until the version answers.
func (r *racer) await(t *testing.T, version string) {
	t.Helper()
	require.Eventually(t, func() bool {
		address := r.address()
		if address == "" {
			return false
		}
		_, body := get(address + "/version")
		return strings.HasPrefix(body, version+" ")
	}, limit, 5*time.Millisecond, "%s: version %s does not serve:\n%s", r.name, version, r.output)
}

// paced is a copy of the module whose services tell their version; it starts with v0.
func paced(t *testing.T) (module, source string) {
	t.Helper()
	module = copyModule(t)
	source = filepath.Join(module, "internal", "service", "version.go")
	require.NoError(t, os.WriteFile(source, []byte(strings.Replace(version, `"one"`, `"v0"`, 1)), 0o644))
	const route = `root.Handle("GET /healthz",`
	replace(t, filepath.Join(module, "internal", "service", "http.go"), route, `root.HandleFunc("GET /version", version);`+route)
	return module, source
}

func airRacer(t *testing.T, air, service, build, command string) *racer {
	t.Helper()
	module, source := paced(t)
	p := newPlace(t)
	replace(t, filepath.Join(module, "cmd", service, ".air.toml"), build, command)
	r := &racer{name: "air", source: source, output: new(testenv.Buffer), address: func() string {
		url, _ := os.ReadFile(p.addrFile)
		return string(url)
	}}
	r.start(t, module, p, air, "-c", "cmd/"+service+"/.air.toml")
	return r
}

func devRacer(t *testing.T, service string) *racer {
	t.Helper()
	module, source := paced(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l.Close()
	const file = `status = ""

[[service]]
package = "./cmd/%s"
address = %q
env = { LISTEN = "localhost:{port}" }
tags = ["lite"]
ready.http = "/readyz"
`
	require.NoError(t, os.WriteFile(filepath.Join(module, "dev.toml"), fmt.Appendf(nil, file, service, l.Addr()), 0o644))
	dev := filepath.Join(t.TempDir(), "dev")
	runGo(t, module, "build", "-o", dev, "./cmd/dev")
	r := &racer{name: "dev", source: source, output: new(testenv.Buffer),
		address: func() string { return "http://" + l.Addr().String() }}
	r.start(t, module, newPlace(t), dev)
	return r
}

// start starts the racer, and awaits its first version.
func (r *racer) start(t *testing.T, module string, p place, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = module, append(p.env(), "GOFLAGS=", "GOWORK=off")
	start(t, cmd, r.output, func() { interrupt(cmd) })
	r.await(t, "v0")
}
