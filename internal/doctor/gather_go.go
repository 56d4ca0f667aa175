package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// goVars are the variables of Go that a check looks at and that may be set.
var goVars = []string{"GOROOT", "GOPATH", "GO111MODULE", "GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GONOPROXY", "GOCACHE", "GOMODCACHE",
	"GOTMPDIR", "GOFLAGS", "GOTOOLCHAIN", "GOARCH", "GOOS", "GOBIN", "GOEXPERIMENT", "GOWORK", "CGO_ENABLED", "CC"}

// goEnvironment has the values in force. They are not changed.
type goEnvironment struct{ vars map[string]string }

// goEnv returns the variables in force in dir, as the first go on PATH has them. A wrong GOROOT,
// GOPATH or GO111MODULE makes go refuse to print any: then they are its defaults and what is set.
func goEnv(ctx context.Context, dir string) (goEnvironment, error) {
	vars, err := goEnvJSON(ctx, dir)
	if err == nil {
		return goEnvironment{vars: vars}, nil
	}
	vars, again := goEnvJSON(ctx, dir, only("")...)
	if again != nil {
		return goEnvironment{}, err
	}
	file := parseEnvFile(goEnvFile())
	for _, name := range goVars {
		if value := cmp.Or(os.Getenv(name), file[name]); value != "" {
			vars[name] = value
		}
	}
	crosses := vars["GOOS"] != vars["GOHOSTOS"] || vars["GOARCH"] != vars["GOHOSTARCH"]
	if crosses && cmp.Or(os.Getenv("CGO_ENABLED"), file["CGO_ENABLED"]) == "" {
		vars["CGO_ENABLED"] = "0" // as go has it, but did not say
	}
	return goEnvironment{vars: vars}, nil
}

// only is an environment that has none of Go's variables but one.
func only(name string) []string {
	env := []string{"GOENV=off"}
	for _, other := range goVars {
		if other != name && other != "CC" && other != "GOTOOLCHAIN" {
			env = append(env, other+"=")
		}
	}
	return env
}

func goEnvJSON(ctx context.Context, dir string, env ...string) (map[string]string, error) {
	args := append([]string{"env", "-json", "GOVERSION", "GOHOSTOS", "GOHOSTARCH", "GOMOD"}, goVars...)
	out, err := run(ctx, dir, env, "go", args...)
	if err != nil {
		return nil, err
	}
	vars := map[string]string{}
	if err := json.Unmarshal([]byte(out), &vars); err != nil {
		return nil, fmt.Errorf("go env -json: %w", err)
	}
	return vars, nil
}

func gatherGo(ctx context.Context, in *inquiry) (*GoFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	g := &GoFacts{Env: maps.Clone(env.vars), TempDir: os.TempDir(), Module: moduleOf(in.Dir, "go.mod"),
		System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{}, Guilty: map[string]string{}}
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
	}
	// To print it, go would try the C compiler, and keep in its cache what it has found.
	g.Env["CGO_CFLAGS"] = cmp.Or(os.Getenv("CGO_CFLAGS"), g.File["CGO_CFLAGS"])
	g.readModules(in.Dir)
	g.Fallback = g.fallbackToolchain()
	g.Toolchain = cmp.Or(g.System["GOTOOLCHAIN"], g.Fallback)
	g.Toolchains = toolchains(env.vars["GOMODCACHE"])
	dir := in.Dir
	if want, _ := g.wants(); version.Compare(want, g.Env["GOVERSION"]) > 0 {
		dir = g.TempDir // there this go refuses its go.mod, which go.version judges
	}
	if err := try(ctx, dir); err != nil {
		g.Refusal = err.Error()
		g.findGuilty(ctx, dir)
	}
	return g, nil
}

// offline is for a command that loads packages, but builds none.
var offline = []string{"GOPROXY=off", "GOCACHE=off"}

// try has go load what a build begins with: its variables, go.work and go.mod. Nothing is
// downloaded or written, in the build cache neither.
func try(ctx context.Context, dir string, env ...string) error {
	flags := os.Getenv("GOFLAGS")
	if flags == "" {
		flags = parseEnvFile(goEnvFile())["GOFLAGS"]
	}
	env = append(env, offline...)
	if strings.Contains(flags, "-mod=mod") { // which would write go.mod
		env = append(env, "GOFLAGS="+strings.ReplaceAll(flags, "-mod=mod", "-mod=readonly"))
	}
	_, err := run(ctx, dir, env, "go", "list", "-f", ".", "unsafe")
	return err
}

// findGuilty tries each variable that is set by itself.
func (g *GoFacts) findGuilty(ctx context.Context, dir string) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, name := range goVars {
		value, _ := g.where(name)
		if value == "" || name == "GOTOOLCHAIN" {
			continue
		}
		wg.Go(func() {
			if _, err := run(ctx, dir, append(append(only(name), offline...), name+"="+value), "go", "list", "-f", ".", "unsafe"); err != nil {
				mu.Lock()
				defer mu.Unlock()
				g.Guilty[name] = err.Error()
			}
		})
	}
	wg.Wait()
	if _, err := run(ctx, dir, append(only(""), offline...), "go", "list", "-f", ".", "unsafe"); err != nil {
		clear(g.Guilty) // it is not the variables
	}
}

func (g *GoFacts) readModules(dir string) {
	if g.Module != "" {
		if text, err := os.ReadFile(filepath.Join(g.Module, "go.mod")); err == nil {
			g.Mod = parseMod(string(text))
		}
	}
	switch work, _ := g.where("GOWORK"); work {
	case "off":
	case "":
		if dir := moduleOf(dir, "go.work"); dir != "" {
			g.Work = filepath.Join(dir, "go.work")
		}
	default:
		g.Work = work
	}
	if text, err := os.ReadFile(g.Work); err == nil {
		g.WorkMod = parseMod(string(text))
	}
}

// fallbackToolchain returns the value of GOTOOLCHAIN that is in force where the environment has
// none. The doctor's own commands have another.
func (g *GoFacts) fallbackToolchain() string {
	return cmp.Or(g.File["GOTOOLCHAIN"], parseEnvFile(filepath.Join(g.Env["GOROOT"], "go.env"))["GOTOOLCHAIN"], "auto")
}

// toolchains returns the releases of Go that a go command can switch to without the network.
func toolchains(modCache string) (names []string) {
	dirs, _ := filepath.Glob(filepath.Join(modCache, "golang.org", "toolchain@v0.0.1-go*"))
	for _, dir := range dirs {
		name := strings.TrimPrefix(filepath.Base(dir), "toolchain@v0.0.1-")
		if i := strings.LastIndex(name, "."); i > 0 { // .linux-amd64
			names = append(names, name[:i])
		}
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		found, _ := filepath.Glob(filepath.Join(dir, "go1.*"))
		for _, path := range found {
			if _, err := exec.LookPath(path); err == nil {
				names = append(names, strings.TrimSuffix(filepath.Base(path), ".exe"))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
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

func parseEnvFile(file string) map[string]string {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	return parseGoEnvFile(string(data))
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

// moduleOf returns the directory of the go.mod, or go.work, that dir belongs to, whether or not go
// takes it.
func moduleOf(dir, name string) string {
	dir, err := filepath.Abs(dir)
	for ; err == nil; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return ""
}
