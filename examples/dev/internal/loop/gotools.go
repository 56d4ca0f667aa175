package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/internal/direct"
	"github.com/surefoot-go/surefoot/procx/child"
)

// tools is the part of the go command that dev needs.
type tools interface {
	// build puts the services' programs into directories below dir, as many as can be built, and
	// returns what came of each service, by its name.
	build(ctx context.Context, dir string, services []Service) map[string]made
	// list says what services are built from; those that it can't tell about are left out.
	list(ctx context.Context, services []Service) (map[string]*inputs, error)
}

// made is what a build made of a service: a program, or a problem.
type made struct {
	file, problem string
	direct        bool // without the go command: what the service is built from is the same as before
}

// goTools is the real one.
type goTools struct {
	dir   string            // where it runs
	temp  string            // its own temporary files: a go that is killed leaves some
	debug bool              // build for a debugger
	names map[string]string // import paths by package, as far as they were asked for

	recorder []string // the command that calls direct.Record; none: every build is the go command's
	mu       sync.Mutex
	builders map[string]*direct.Builder // by flags
}

// build runs one command for all services that it can: go builds what they share once, and links on
// all cores. A command takes one set of flags, and names programs by the last element of their
// import paths, so that services whose flags differ, or whose programs have one name, are built by
// several.
func (g *goTools) build(ctx context.Context, dir string, services []Service) map[string]made {
	results := map[string]made{}
	g.resolve(ctx, services)
	for i, group := range groups(services, g.program) {
		to := filepath.Join(dir, strconv.Itoa(i))
		output, without, err := g.buildGroup(ctx, to, group)
		files := map[string]bool{}
		for _, svc := range group {
			file := filepath.Join(to, g.program(svc))
			if files[file] { // two services with one program: each has a file of its own, to be removed
				other := filepath.Join(to, svc.Name, g.program(svc))
				results[svc.Name] = collect(other, output, without, errors.Join(err, link(file, other)))
				continue
			}
			files[file] = true
			results[svc.Name] = collect(file, output, without, err)
			if err == nil && results[svc.Name].file == "" {
				delete(g.names, svc.Package) // go.mod may have a new module path
			}
		}
	}
	return results
}

// buildGroup has the programs of services with the same flags built directly, if that is possible,
// or else by the go command, whose output it returns.
//
// -buildvcs=false spares a git status per build, and lets a binary stay the same while files change
// that it isn't built from. -ldflags=-w spares a quarter of what a large program takes to build:
// the debug information, of which stack traces and profiles have no need.
func (g *goTools) buildGroup(ctx context.Context, dir string, group []Service) (text string, without bool, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", false, err
	}
	builder, programs := g.builder(group), map[string]string{}
	for _, svc := range group {
		programs[g.names[svc.Package]] = filepath.Join(dir, g.program(svc))
	}
	why := builder.Build(ctx, programs)
	if why == nil {
		return "", true, nil
	}
	args := []string{"build", "-buildvcs=false", "-ldflags=-w"}
	if g.debug {
		args = []string{"build", "-buildvcs=false", "-gcflags=all=-N -l", "-ldflags="}
	}
	args = append(append(args, group[0].Flags...), "-o", dir+string(filepath.Separator))
	if !errors.Is(why, direct.ErrFailed) {
		recording, flag := builder.Start()
		if recording != nil {
			args = append(args, flag)
			defer func() {
				if err != nil {
					programs = nil
				}
				recording.End(ctx, programs)
			}()
		}
	}
	for _, svc := range group {
		if !slices.Contains(args, svc.Package) {
			args = append(args, svc.Package)
		}
	}
	var output bytes.Buffer
	err = g.run(ctx, &output, &output, args...)
	return output.String(), false, err
}

// builder returns what builds the group's programs directly.
func (g *goTools) builder(group []Service) *direct.Builder {
	g.mu.Lock()
	defer g.mu.Unlock()
	key := strings.Join(group[0].Flags, "\x00")
	if g.builders == nil {
		g.builders = map[string]*direct.Builder{}
	}
	if g.builders[key] == nil {
		g.builders[key] = &direct.Builder{
			Dir: filepath.Join(g.temp, "direct", strconv.Itoa(len(g.builders))), Recorder: g.recorder, Run: runTool, Link: link,
		}
	}
	return g.builders[key]
}

// groups splits services into those that one go build can take.
func groups(services []Service, program func(Service) string) (all [][]Service) {
	for _, svc := range services {
		fits := func(group []Service) bool {
			return slices.Equal(group[0].Flags, svc.Flags) && !slices.ContainsFunc(group, func(other Service) bool {
				return other.Package != svc.Package && program(other) == program(svc)
			})
		}
		if i := slices.IndexFunc(all, fits); i >= 0 {
			all[i] = append(all[i], svc)
		} else {
			all = append(all, []Service{svc})
		}
	}
	return all
}

// program is the file name that go build gives to the service's program.
func (g *goTools) program(svc Service) string {
	name, ok := g.names[svc.Package]
	if !ok { // go list does not know it: nor will go build
		name = filepath.ToSlash(filepath.Join(g.dir, filepath.FromSlash(svc.Package)))
	}
	return programName(name)
}

func programName(importPath string) string {
	if runtime.GOOS == "windows" {
		return config.Program(importPath) + ".exe"
	}
	return config.Program(importPath)
}

// resolve asks for the import paths of packages that are not known yet.
func (g *goTools) resolve(ctx context.Context, services []Service) {
	args := []string{"list", "-e", "-find", "-json=ImportPath,Match"}
	for _, svc := range services {
		if _, ok := g.names[svc.Package]; !ok {
			args = append(args, svc.Package)
		}
	}
	if len(args) == 4 {
		return
	}
	var packages bytes.Buffer
	if g.run(ctx, &packages, io.Discard, args...) != nil {
		return // go build says why
	}
	if g.names == nil {
		g.names = map[string]string{}
	}
	for dec := json.NewDecoder(&packages); ; {
		var p listed
		if dec.Decode(&p) != nil {
			return
		}
		for _, match := range p.Match {
			g.names[match] = p.ImportPath
		}
	}
}

// collect returns what a build has made of a service.
func collect(file, output string, direct bool, buildErr error) made {
	_, err := os.Stat(file)
	switch {
	case err == nil:
		return made{file: file, direct: direct}
	case buildErr == nil:
		return made{problem: fmt.Sprintf("the package is not a program: %v", err)}
	}
	if _, ok := errors.AsType[*exec.ExitError](buildErr); ok && output != "" {
		return made{problem: output}
	}
	return made{problem: strings.TrimSpace(output + "\n" + buildErr.Error())}
}

// link gives a file a second name, or a copy.
func link(file, other string) error {
	if err := os.MkdirAll(filepath.Dir(other), 0o700); err != nil {
		return err
	}
	if os.Link(file, other) == nil {
		return nil
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it was not built
	}
	return errors.Join(err, os.WriteFile(other, data, 0o700))
}

// list asks go list about the packages of all services; those with other flags, which may have
// other files, apart.
func (g *goTools) list(ctx context.Context, services []Service) (map[string]*inputs, error) {
	if len(services) == 0 {
		return nil, nil // nor need there be a go command
	}
	var work, output bytes.Buffer
	if err := g.run(ctx, &work, &output, "env", "-json", "GOWORK", "GOENV", "GOROOT", "GOMODCACHE", "GOFLAGS"); err != nil {
		return nil, fmt.Errorf("go env: %w: %s", err, output.String())
	}
	var env direct.Environment
	if err := json.Unmarshal(work.Bytes(), &env); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	file := env.GOWORK
	if file == "off" {
		file = ""
	}
	all := map[string]*inputs{}
	for _, group := range groups(services, func(svc Service) string { return svc.Package }) {
		args := append(listArgs[:len(listArgs):len(listArgs)], group[0].Flags...)
		for _, svc := range group {
			args = append(args, svc.Package)
		}
		var packages bytes.Buffer
		output.Reset()
		if err := g.run(ctx, &packages, &output, args...); err != nil {
			return nil, fmt.Errorf("go list: %w: %s", err, output.String())
		}
		g.builder(group).SetListing(direct.List(bytes.NewReader(packages.Bytes()), g.dir, group[0].Flags, env, isSource))
		some, err := parseList(&packages, file, group)
		if err != nil {
			return nil, err
		}
		for name, in := range some {
			in.followLinks()
			all[name] = in
		}
	}
	return all, nil
}

// run runs go, and kills it with its compilers when ctx ends.
func (g *goTools) run(ctx context.Context, stdout, stderr io.Writer, args ...string) error {
	if err := os.MkdirAll(g.temp, 0o700); err != nil { // a cleaner may have taken it
		return err
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = g.dir
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+g.temp) // Environ has PWD: paths as the user knows them
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return runTool(ctx, cmd)
}

// runTool runs a command, and kills it when ctx ends.
func runTool(ctx context.Context, cmd *exec.Cmd) error {
	p, err := child.Start(ctx, cmd, &child.Options{Ask: child.AskNothing})
	if err != nil {
		return err
	}
	return p.Wait()
}
