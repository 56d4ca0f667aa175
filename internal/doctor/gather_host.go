package doctor

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx/inspect"
)

// endpoint is where an engine may be.
type endpoint struct{ engine, url string }

func gatherDocker(ctx context.Context, in *inquiry) (*DockerFacts, error) {
	d := &DockerFacts{Host: os.Getenv("DOCKER_HOST"), Group: dockerGroup, State: "absent"}
	d.CLI, _ = exec.LookPath("docker")
	endpoints := dockerEndpoints()
	if d.Host != "" {
		endpoints = []endpoint{{engineOf(d.Host), d.Host}}
	} else if host, name := dockerContext(); name != "" {
		d.Context = name
		if host == "" {
			d.State = "no context"
			return d, nil
		}
		endpoints = []endpoint{{engineOf(name + host), host}}
	}
	rank := map[string]int{"absent": 0, "not asked": 1, "refused": 2, "denied": 3, "ok": 4}
	for i, e := range endpoints {
		if state := askDocker(ctx, e.url, in.Online); i == 0 || rank[state] > rank[d.State] {
			d.Engine, d.Endpoint, d.State = e.engine, e.url, state
		}
	}
	return d, nil
}

// engineOf tells by the name of a context or an endpoint whose it is.
func engineOf(name string) string {
	for _, engine := range []string{"colima", "rancher", "podman", "orbstack"} {
		if strings.Contains(name, engine) {
			return engine
		}
	}
	if strings.Contains(name, "/.rd/") {
		return "rancher"
	}
	if strings.Contains(name, "desktop") {
		return "desktop"
	}
	return "docker"
}

// dockerContext returns the context of docker's that is in force and the endpoint that it stands
// for, "" if there is no such context.
func dockerContext() (host, name string) {
	dir := os.Getenv("DOCKER_CONFIG")
	if home, err := os.UserHomeDir(); dir == "" && err == nil {
		dir = filepath.Join(home, ".docker")
	}
	if name = os.Getenv("DOCKER_CONTEXT"); name == "" {
		var config struct{ CurrentContext string }
		readJSON(filepath.Join(dir, "config.json"), &config)
		name = config.CurrentContext
	}
	if name == "" || name == "default" {
		return "", ""
	}
	var meta struct {
		Endpoints map[string]struct{ Host string }
	}
	readJSON(filepath.Join(dir, "contexts", "meta", fmt.Sprintf("%x", sha256.Sum256([]byte(name))), "meta.json"), &meta)
	return meta.Endpoints["docker"].Host, name
}

// readJSON leaves v as it is if there is no such file.
func readJSON(path string, v any) {
	if text, err := os.ReadFile(path); err == nil {
		json.Unmarshal(text, v)
	}
}

// askDocker connects to an endpoint, and says no more to it.
func askDocker(ctx context.Context, endpoint string, online bool) (state string) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "refused"
	}
	switch u.Scheme {
	case "unix":
		err = dial(ctx, "unix", u.Path)
	case "npipe":
		err = openPipe(filepath.FromSlash(u.Path))
	case "tcp", "http", "https":
		if ip := net.ParseIP(u.Hostname()); !online && u.Hostname() != "localhost" && !ip.IsLoopback() {
			return "not asked"
		}
		err = dial(ctx, "tcp", u.Host)
	default:
		return "not asked" // ssh and such take a program of their own
	}
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, os.ErrPermission):
		return "denied"
	case errors.Is(err, os.ErrNotExist):
		return "absent"
	}
	return "refused"
}

func dial(ctx context.Context, network, addr string) error {
	conn, err := new(net.Dialer).DialContext(ctx, network, addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

func gatherPorts(ctx context.Context, in *inquiry) (*PortsFacts, error) {
	p := &PortsFacts{Ports: in.Ports}
	reserved, err := listen.Reserved(ctx)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) { // only Windows has such
		return nil, err
	}
	for _, r := range reserved {
		p.Reserved = append(p.Reserved, Range(r))
	}
	for _, port := range in.Ports {
		owners, err := listen.Owners(ctx, port)
		if err != nil {
			return nil, err
		}
		for _, o := range owners {
			p.Owners = append(p.Owners, PortOwner{Port: port, PID: o.PID, Name: o.Name, Addr: o.Addr.String()})
		}
	}
	return p, nil
}

func gatherNet(ctx context.Context, _ *inquiry) (*NetFacts, error) {
	stack := listen.Probe()
	n := &NetFacts{IPv4: stack.IPv4, IPv6: stack.IPv6, Loopback6: stack.Loopback6, Stack: stack.String()}
	resolver := net.DefaultResolver
	if runtime.GOOS != "windows" { // which knows localhost itself; the others have files, and then ask the network
		resolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("localhost is not in the hosts file")
		}}
	}
	addrs, err := resolver.LookupHost(ctx, "localhost")
	var dns *net.DNSError
	if err != nil && !errors.As(err, &dns) {
		return nil, err
	}
	n.Localhost = addrs
	return n, nil
}

func gatherDebug(_ context.Context, in *inquiry) (*DebugFacts, error) {
	d := &DebugFacts{Binary: in.Binary}
	file, err := os.Open(filepath.Join(in.Dir, ".vscode", "launch.json"))
	if err == nil {
		defer file.Close()
		text, err := io.ReadAll(pathx.NewTextReader(file))
		if err != nil {
			return nil, err
		}
		d.Launch = string(text)
	}
	if in.Binary == "" {
		return d, nil
	}
	report, err := inspect.BuildOf(in.Binary)
	if err != nil {
		return nil, err
	}
	d.Verdict, d.Reason, d.Fix = verdicts[report.Verdict], report.Reason, report.Fix
	return d, nil
}

var verdicts = map[inspect.Verdict]string{
	inspect.Unknown: "unknown", inspect.Debuggable: "debuggable", inspect.MainOnly: "main only",
	inspect.Optimized: "optimized", inspect.Stripped: "stripped",
}
