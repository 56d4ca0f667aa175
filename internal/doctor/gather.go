package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/consolex"
)

const (
	perGatherer = 3 * time.Second        // how long each may take
	grace       = 500 * time.Millisecond // for a gatherer that does not obey its context
)

// inquiry holds the inputs of gatherers.
type inquiry struct {
	Options
	goEnv func() (goEnvironment, error) // one run for all of them
}

// A gatherer fills one section of the facts. It changes nothing on the machine.
type gatherer func(context.Context, *inquiry) (store func(*Facts), err error)

// into converts a function that returns a section to a gatherer.
func into[T any](field func(*Facts) **T, gather func(context.Context, *inquiry) (*T, error)) gatherer {
	return func(ctx context.Context, in *inquiry) (func(*Facts), error) {
		section, err := gather(ctx, in)
		return func(f *Facts) { *field(f) = section }, err
	}
}

// gatherers returns those of this system.
func gatherers() map[string]gatherer {
	all := map[string]gatherer{
		"host":   into(func(f *Facts) **HostFacts { return &f.Host }, gatherHost),
		"tools":  into(func(f *Facts) **ToolsFacts { return &f.Tools }, gatherTools),
		"path":   into(func(f *Facts) **PathFacts { return &f.Path }, gatherPath),
		"vcs":    into(func(f *Facts) **VCSFacts { return &f.VCS }, gatherVCS),
		"http":   into(func(f *Facts) **HTTPFacts { return &f.HTTP }, gatherHTTP),
		"dev":    into(func(f *Facts) **DevFacts { return &f.Dev }, gatherDev),
		"go":     into(func(f *Facts) **GoFacts { return &f.Go }, gatherGo),
		"proxy":  into(func(f *Facts) **ProxyFacts { return &f.Proxy }, gatherProxy),
		"dirs":   into(func(f *Facts) **DirsFacts { return &f.Dirs }, gatherDirs),
		"sum":    into(func(f *Facts) **SumFacts { return &f.Sum }, gatherSum),
		"cc":     into(func(f *Facts) **CCFacts { return &f.CC }, gatherCC),
		"docker": into(func(f *Facts) **DockerFacts { return &f.Docker }, gatherDocker),
		"ports":  into(func(f *Facts) **PortsFacts { return &f.Ports }, gatherPorts),
		"net":    into(func(f *Facts) **NetFacts { return &f.Net }, gatherNet),
		"debug":  into(func(f *Facts) **DebugFacts { return &f.Debug }, gatherDebug),
	}
	maps.Copy(all, systemGatherers())
	return all
}

// gather runs all gatherers that the checks need.
func gather(ctx context.Context, o Options, checks []Check) *Facts {
	if len(o.Ports) == 0 {
		o.Ports = []int{8080}
	}
	f := &Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, Lang: o.Lang, Now: time.Now(), MS: map[string]int64{}, Failed: map[string]string{}}
	f.fill(ctx, o, needed(checks), perGatherer)
	return f
}

// fill runs gatherers concurrently. It abandons a gatherer that exceeds its time limit and ignores
// its context.
func (f *Facts) fill(ctx context.Context, o Options, left map[string]gatherer, limit time.Duration) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	in := &inquiry{Options: o, goEnv: sync.OnceValues(func() (goEnvironment, error) { return goEnv(ctx, o.Dir) })}
	progress := o.Progress
	if progress == nil {
		progress = func(int, int) {}
	}

	type answer struct {
		name  string
		store func(*Facts)
		err   error
	}
	total := len(left)
	answers := make(chan answer, total)
	for name, gather := range left {
		go func() {
			store, err := gather(ctx, in)
			answers <- answer{name, store, err}
		}()
	}
	for late := time.After(limit + grace); len(left) > 0; {
		select {
		case a := <-answers:
			delete(left, a.name)
			f.MS[a.name] = time.Since(start).Milliseconds()
			if a.err != nil {
				f.Failed[a.name] = a.err.Error()
			} else {
				a.store(f)
			}
			progress(total-len(left), total)
		case <-late:
			for name := range left {
				f.MS[name], f.Failed[name] = time.Since(start).Milliseconds(), errLate.Error()
			}
			clear(left)
			progress(total, total)
		}
	}
}

var errLate = fmt.Errorf("no answer within %v", perGatherer)

// needed returns the gatherers whose facts the checks judge on this system.
func needed(checks []Check) map[string]gatherer {
	all, need := gatherers(), map[string]gatherer{}
	for _, c := range checks {
		if c.on != "" && c.on != runtime.GOOS {
			continue
		}
		for name := range c.gatherers() {
			if g := all[name]; g != nil {
				need[name] = g
			}
		}
	}
	return need
}

// quiet are what a go command is run with, so that it neither uses the network for another tool
// chain nor keeps its counters. The value of GOTOOLCHAIN that is configured is judged by itself.
var quiet = []string{"GOTOOLCHAIN=local", "TEST_TELEMETRY_DIR=" + os.DevNull}

// run returns what a command prints to its standard output, as UTF-8, without a window and within
// ctx. The error has what it has printed elsewhere. What it has started ends with it.
func run(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.WaitDelay = dir, grace/2
	cmd.Env = append(os.Environ(), quiet...)
	cmd.Env = append(cmd.Env, env...)
	alone(cmd)
	var out, complaint strings.Builder
	detect := consolex.Detect{CodePage: consolex.ChildOf(cmd)} // without a window it does not share this console
	stdout, stderr := detect.NewDecodeWriter(&out), detect.NewDecodeWriter(&complaint)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err := cmd.Run()
	if cmd.Process != nil {
		cmd.Cancel() // what it has left behind; it is no error that there is nothing
	}
	if errors.Is(err, exec.ErrWaitDelay) { // it has ended well, but its output was held open
		err = nil
	}
	err = errors.Join(err, stdout.Close(), stderr.Close())
	what := strings.TrimSpace(filepath.Base(name) + " " + strings.Join(args[:min(2, len(args))], " "))
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = fmt.Errorf("%s: %w", what, errLate)
	case err != nil:
		err = fmt.Errorf("%s: %w: %s", what, err, strings.Join(lines(complaint.String(), 3), "; "))
	}
	return strings.TrimSpace(out.String()), err
}

// lines returns the first n lines of s that are not empty.
func lines(s string, n int) (out []string) {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" && len(out) < n {
			out = append(out, line)
		}
	}
	return out
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
