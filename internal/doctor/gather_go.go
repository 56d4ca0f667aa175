package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/surefoot-go/surefoot/pathx"
)

// goVars are the variables of Go that a check looks at.
var goVars = []string{"GOROOT", "GOPATH", "GO111MODULE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOCACHE",
	"GOMODCACHE", "GOTMPDIR", "GOMOD", "GOFLAGS", "GOTOOLCHAIN", "GOARCH", "GOOS", "CGO_ENABLED", "CC"}

// goEnvironment are the values in force, or if go refuses them its defaults.
type goEnvironment struct {
	vars    map[string]string
	refused bool
}

// goEnv returns the variables in force in dir, as the first go on PATH has them.
// A wrong GOROOT, GOPATH or GO111MODULE makes go refuse to print any.
func goEnv(ctx context.Context, dir string) (goEnvironment, error) {
	vars, err := goEnvJSON(ctx, dir)
	if err == nil {
		return goEnvironment{vars: vars}, nil
	}
	vars, again := goEnvJSON(ctx, dir, "GOENV=off", "GOROOT=", "GOPATH=", "GO111MODULE=")
	if again != nil {
		return goEnvironment{}, err
	}
	return goEnvironment{vars: vars, refused: true}, nil
}

func goEnvJSON(ctx context.Context, dir string, env ...string) (map[string]string, error) {
	out, err := run(ctx, dir, env, "go", append([]string{"env", "-json"}, goVars...)...)
	if err != nil {
		return nil, err
	}
	vars := map[string]string{}
	if err := json.Unmarshal([]byte(out), &vars); err != nil {
		return nil, fmt.Errorf("go env -json: %w", err)
	}
	return vars, nil
}

func gatherGo(_ context.Context, in *inquiry) (*GoFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	g := &GoFacts{Env: env.vars, TempDir: os.TempDir(), Module: moduleOf(in.Dir),
		System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{}}
	if data, err := os.ReadFile(goEnvFile()); err == nil {
		g.EnvFile, g.File = goEnvFile(), parseGoEnvFile(string(data))
	}
	for _, name := range goVars {
		if value := os.Getenv(name); value != "" && name != "CC" { // CC is not Go's alone
			g.System[name] = value
			if place := keptIn(name); place != "" {
				g.Kept[name] = place
			}
		}
		if value, _ := g.where(name); env.refused && value != "" {
			g.Env[name] = value
		}
	}
	return g, nil
}

// goEnvFile is where go env -w writes to; "" and "off": nowhere.
func goEnvFile() string {
	if file := os.Getenv("GOENV"); file != "" {
		return file
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "go", "env")
}

func parseGoEnvFile(text string) map[string]string {
	vars := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			vars[name] = value
		}
	}
	return vars
}

// moduleOf returns the directory of the go.mod that dir belongs to, whether or
// not go takes it.
func moduleOf(dir string) string {
	dir, err := filepath.Abs(dir)
	for ; err == nil; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}

func gatherProxy(ctx context.Context, in *inquiry) (*ProxyFacts, error) {
	if !in.Online {
		return &ProxyFacts{}, nil
	}
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	proxies := strings.FieldsFunc(env.vars["GOPROXY"], func(r rune) bool { return r == ',' || r == '|' })
	if len(proxies) == 0 || !strings.HasPrefix(proxies[0], "http") {
		return &ProxyFacts{}, nil
	}
	p := &ProxyFacts{}
	if err := askProxy(ctx, proxies[0]); err != nil {
		p.Err = redact(strings.ReplaceAll(err.Error(), proxies[0], redactProxies(proxies[0])))
	}
	return p, nil
}

// askProxy asks for a module that every proxy has. One that does not have it
// answers too.
func askProxy(ctx context.Context, proxy string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(proxy, "/")+"/golang.org/x/sys/@latest", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	switch code := resp.StatusCode; {
	case code == http.StatusUnauthorized, code == http.StatusForbidden, code == http.StatusProxyAuthRequired, code >= 500:
		return errors.New(resp.Status)
	}
	return nil
}

func gatherDirs(ctx context.Context, in *inquiry) (*DirsFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	// Below the caches, sudo go build may have left directories that are root's.
	d := &DirsFacts{ModCache: writable(env.vars["GOMODCACHE"], "cache/download"), Cache: writable(env.vars["GOCACHE"], "00")}
	tmp := env.vars["GOTMPDIR"]
	if tmp == "" {
		tmp = os.TempDir()
	}
	if d.Tmp = message(pathx.Writable(tmp)); d.Tmp == "" { // it must be there: go does not make it
		d.Exec = message(executes(ctx, tmp))
	}
	return d, nil
}

// writable says why dir and the directory below it can't be written. What is not
// there yet, go makes, so that the nearest one above is looked at.
func writable(dir, below string) string {
	if dir == "" || dir == "off" {
		return ""
	}
	for dir = filepath.Join(dir, below); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			break
		}
	}
	return message(pathx.Writable(dir))
}

func gatherSum(ctx context.Context, in *inquiry) (*SumFacts, error) {
	s := &SumFacts{Module: moduleOf(in.Dir)}
	if s.Module == "" {
		return s, nil
	}
	// Neither the network nor go.mod and go.sum are touched.
	out, err := run(ctx, in.Dir, []string{"GOPROXY=off", "GOFLAGS=-mod=readonly", "GO111MODULE="}, "go", "mod", "verify")
	if err == nil {
		return s, nil
	}
	switch s.Modified = verified(out + "\n" + err.Error()); {
	case s.Modified != nil:
	case strings.Contains(err.Error(), "GOPROXY=off"):
		s.Missing = err.Error()
	default:
		return nil, err
	}
	return s, nil
}
