package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx/inspect"
)

// perGatherer is how long each may take.
const perGatherer = 3 * time.Second

// gatherers fill one section of the facts each. They change nothing on the machine.
var gatherers = map[string]func(ctx context.Context, o Options, f *Facts){
	"go": gatherGo, "proxy": gatherProxy, "dirs": gatherDirs, "sum": gatherSum, "cc": gatherCC,
	"windows": gatherWindows, "powershell": gatherPowerShell, "wsl": gatherWSL, "docker": gatherDocker,
	"ports": gatherPorts, "net": gatherNet, "firewall": gatherFirewall, "debug": gatherDebug,
	"console": gatherConsole, "clock": gatherClock, "long": gatherLong,
}

// gather runs the gatherers that the checks need, all at once. Each has a Facts
// of its own, so that one which overruns its time can't be seen half-done.
func gather(ctx context.Context, o Options, checks []Check) *Facts {
	if len(o.Ports) == 0 {
		o.Ports = []int{8080}
	}
	f := &Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, Lang: o.Lang, MS: map[string]int64{}}
	var needs []string
	for _, c := range checks {
		for _, need := range c.needs {
			if !slices.Contains(needs, need) {
				needs = append(needs, need)
			}
		}
	}
	type part struct {
		need string
		f    *Facts
	}
	parts := make(chan part, len(needs))
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, perGatherer)
	defer cancel()
	for _, need := range needs {
		go func() {
			own := &Facts{OS: f.OS, Arch: f.Arch}
			gatherers[need](ctx, o, own)
			parts <- part{need, own}
		}()
	}
	left := slices.Clone(needs)
	for len(left) > 0 {
		select {
		case p := <-parts:
			f.merge(p.f)
			f.MS[p.need] = time.Since(start).Milliseconds()
			left = slices.DeleteFunc(left, func(need string) bool { return need == p.need })
			if o.Progress != nil {
				o.Progress(len(needs)-len(left), len(needs))
			}
		case <-time.After(time.Until(start.Add(perGatherer + 500*time.Millisecond))):
			for _, need := range left { // their sections stay nil: not gathered
				f.MS[need] = time.Since(start).Milliseconds()
			}
			return f
		}
	}
	return f
}

// merge takes over the one section that a gatherer has filled.
func (f *Facts) merge(from *Facts) {
	data, err := json.Marshal(from)
	if err == nil {
		lang, ms := f.Lang, f.MS
		_ = json.Unmarshal(data, f) // what Marshal made of the same type
		f.Lang, f.MS = lang, ms
	}
}

// run returns what a command prints, without a window and within ctx.
func run(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	hideWindow(cmd)
	out, err := consolex.CombinedOutput(cmd)
	if ctx.Err() != nil {
		err = fmt.Errorf("%s: no answer within %v", filepath.Base(name), perGatherer)
	}
	return strings.TrimSpace(out), err
}

// goVars are the variables of Go that a check looks at.
var goVars = []string{"GOROOT", "GOPATH", "GO111MODULE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOCACHE",
	"GOMODCACHE", "GOTMPDIR", "GOENV", "GOMOD", "GOFLAGS", "GOTOOLCHAIN", "GOVERSION", "GOARCH", "GOOS", "CGO_ENABLED", "CC"}

func gatherGo(ctx context.Context, o Options, f *Facts) {
	g := &GoFacts{System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{}, TempDir: os.TempDir()}
	f.Go = g
	for _, path := range lookAll("go") {
		real, err := filepath.EvalSymlinks(path)
		if err != nil {
			real = path
		}
		version, err := run(ctx, "", path, "env", "GOVERSION")
		if err != nil {
			version = err.Error()
		}
		g.Found = append(g.Found, GoTool{Path: path, Real: real, Version: version})
	}
	if len(g.Found) == 0 {
		return
	}
	env, err := goEnv(ctx, o.Dir)
	if err != nil {
		g.Err = err.Error()
		return
	}
	g.Env = env
	for _, name := range goVars {
		if value, ok := os.LookupEnv(name); ok && name != "CC" {
			g.System[name] = value
			if place := keptIn(name); place != "" {
				g.Kept[name] = place
			}
		}
	}
	g.FileName = env["GOENV"]
	if data, err := os.ReadFile(g.FileName); err == nil {
		for line := range strings.Lines(string(data)) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
				g.File[name] = value
			}
		}
	}
	if mod := env["GOMOD"]; mod != "" && mod != os.DevNull {
		g.Module = filepath.Dir(mod)
	}
}

// goEnv returns the variables in force in dir, as the first go on PATH has them.
func goEnv(ctx context.Context, dir string) (map[string]string, error) {
	out, err := run(ctx, dir, "go", append([]string{"env", "-json"}, goVars...)...)
	if err != nil {
		return nil, fmt.Errorf("go env: %w: %s", err, out)
	}
	env := map[string]string{}
	if err := json.Unmarshal([]byte(out), &env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	return env, nil
}

// lookAll returns every executable of that name on PATH, in order.
func lookAll(name string) (found []string) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path, err := exec.LookPath(filepath.Join(dir, name))
		if dir != "" && err == nil && !slices.Contains(found, path) {
			found = append(found, path)
		}
	}
	return found
}

func gatherProxy(ctx context.Context, o Options, f *Facts) {
	f.Proxy = &ProxyFacts{Asked: o.Online}
	if !o.Online {
		return
	}
	env, err := goEnv(ctx, o.Dir)
	if err != nil {
		f.Proxy.Err = err.Error()
		return
	}
	first, _, _ := strings.Cut(env["GOPROXY"], ",")
	if !strings.HasPrefix(first, "http") {
		return
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(first, "/")+"/golang.org/x/sys/@latest", nil)
	if err == nil {
		var resp *http.Response
		if resp, err = http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			if resp.StatusCode >= 400 {
				err = errors.New(resp.Status)
			}
		}
	}
	if err != nil {
		f.Proxy.Err = redact(err.Error())
	}
}

func gatherDirs(ctx context.Context, o Options, f *Facts) {
	f.Dirs = &DirsFacts{}
	env, err := goEnv(ctx, o.Dir)
	if err != nil {
		f.Dirs.Err = err.Error()
		return
	}
	f.Dirs.ModCache, f.Dirs.Cache = writable(env["GOMODCACHE"]), writable(env["GOCACHE"])
	tmp := env["GOTMPDIR"]
	if tmp == "" {
		tmp = os.TempDir()
	}
	if f.Dirs.Tmp = writable(tmp); f.Dirs.Tmp == "" {
		f.Dirs.Exec = message(executes(ctx, tmp))
	}
}

// writable says what can't be done in dir. One that is not there yet is made by
// go at first use, so the nearest directory above it is looked at.
func writable(dir string) string {
	for dir != "" && dir != filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
		dir = filepath.Dir(dir)
	}
	if dir == "off" || dir == "" {
		return ""
	}
	return message(pathx.Writable(dir))
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func gatherSum(ctx context.Context, o Options, f *Facts) {
	f.Sum = &SumFacts{}
	env, err := goEnv(ctx, o.Dir)
	if err != nil {
		f.Sum.Err = err.Error()
		return
	}
	if env["GOMOD"] == "" || env["GOMOD"] == os.DevNull {
		return
	}
	f.Sum.Module = env["GOMOD"]
	cmd := exec.CommandContext(ctx, "go", "mod", "verify")
	cmd.Dir, cmd.WaitDelay = o.Dir, time.Second
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=mod")
	hideWindow(cmd)
	out, err := consolex.CombinedOutput(cmd)
	switch {
	case ctx.Err() != nil:
		f.Sum.Err = fmt.Sprintf("go mod verify: no answer within %v", perGatherer)
	case err == nil:
		f.Sum.OK = true
	case strings.Contains(out, "has been modified"), strings.Contains(out, "checksum mismatch"):
		f.Sum.Output = out
	default:
		f.Sum.Err = strings.Join(lines("go mod verify: "+out, 2), "; ")
	}
}

func gatherCC(ctx context.Context, o Options, f *Facts) {
	f.CC = &CCFacts{}
	env, err := goEnv(ctx, o.Dir)
	if err != nil {
		f.CC.Err = err.Error()
		return
	}
	words := strings.Fields(env["CC"])
	if len(words) == 0 {
		words = []string{"gcc"}
	}
	f.CC.CC = words[0]
	if f.CC.Path, err = exec.LookPath(words[0]); err != nil {
		f.CC.Path = ""
		return
	}
	f.CC.Machine, err = run(ctx, "", f.CC.Path, append(words[1:], "-dumpmachine")...)
	if err != nil {
		f.CC.Machine = ""
	}
}

func gatherDocker(ctx context.Context, o Options, f *Facts) {
	d := &DockerFacts{Host: os.Getenv("DOCKER_HOST"), Group: dockerGroup}
	f.Docker = d
	d.CLI, _ = exec.LookPath("docker")
	d.Endpoint = d.Host
	if d.Endpoint == "" {
		d.Endpoint = dockerEndpoint
	}
	err := dialDocker(ctx, d.Endpoint)
	switch {
	case err == nil:
		d.State = "ok"
	case errors.Is(err, os.ErrPermission):
		d.State = "denied"
	case errors.Is(err, os.ErrNotExist):
		d.State = "absent"
	default:
		d.State = "refused"
	}
}

func gatherPorts(ctx context.Context, o Options, f *Facts) {
	f.Ports = &PortsFacts{Ports: o.Ports}
	reserved, err := listen.Reserved(ctx)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		f.Ports.Err = err.Error()
	}
	for _, r := range reserved {
		f.Ports.Reserved = append(f.Ports.Reserved, Range{First: r.First, Last: r.Last, Bindable: r.Administered})
	}
	for _, port := range o.Ports {
		owners, err := listen.Owners(port)
		if err != nil && !errors.Is(err, errors.ErrUnsupported) {
			f.Ports.Err = err.Error()
		}
		for _, owner := range owners {
			f.Ports.Owners = append(f.Ports.Owners, PortOwner{Port: port, PID: owner.PID, Name: owner.Name, Addr: owner.Addr.String()})
		}
	}
}

func gatherNet(ctx context.Context, _ Options, f *Facts) {
	stack := listen.Probe()
	f.Net = &NetFacts{IPv4: stack.IPv4, IPv6: stack.IPv6, Loopback6: stack.Loopback6, Stack: stack.String()}
	addrs, err := net.DefaultResolver.LookupHost(ctx, "localhost")
	if err != nil {
		f.Net.Err = err.Error()
	}
	f.Net.Localhost = addrs
}

func gatherDebug(_ context.Context, o Options, f *Facts) {
	f.Debug = &DebugFacts{Binary: o.Binary}
	if data, err := os.ReadFile(filepath.Join(o.Dir, ".vscode", "launch.json")); err == nil {
		f.Debug.Launch = string(data)
	}
	if o.Binary == "" {
		return
	}
	report, err := inspect.BuildOf(o.Binary)
	if err != nil {
		f.Debug.Err = err.Error()
		return
	}
	f.Debug.Verdict = verdicts[report.Verdict]
	f.Debug.Detail = "-gcflags=" + report.GCFlags
}

var verdicts = map[inspect.Verdict]string{
	inspect.Debuggable: "debuggable", inspect.MainOnly: "main only", inspect.Optimized: "optimized", inspect.Stripped: "stripped",
}

func gatherLong(ctx context.Context, _ Options, f *Facts) {
	f.Long = &LongFacts{Enabled: longPaths()}
	var err error
	if f.Long.GitPath, err = exec.LookPath("git"); err == nil {
		f.Long.Git, _ = run(ctx, "", f.Long.GitPath, "config", "--get", "core.longpaths")
	}
}
