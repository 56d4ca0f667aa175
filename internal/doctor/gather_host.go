package doctor

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx/inspect"
)

func gatherDocker(ctx context.Context, in *inquiry) (*DockerFacts, error) {
	d := &DockerFacts{Host: os.Getenv("DOCKER_HOST"), Group: dockerGroup, State: "absent"}
	d.CLI, _ = exec.LookPath("docker")
	endpoints := dockerEndpoints()
	if d.Host != "" {
		endpoints = []string{d.Host}
	}
	rank := map[string]int{"absent": 0, "not asked": 1, "refused": 2, "denied": 3, "ok": 4}
	for i, endpoint := range endpoints {
		if state := askDocker(ctx, endpoint, in.Online); i == 0 || rank[state] > rank[d.State] {
			d.Endpoint, d.State = endpoint, state
		}
	}
	return d, nil
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
