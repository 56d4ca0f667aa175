package loop

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/procx/child"
)

// tools is the go command, as far as dev needs it.
type tools interface {
	// build puts the services' programs into the directory, as many as can be
	// built. The output is the compiler's.
	build(ctx context.Context, dir string, services []Service) (output string, err error)
	// list says what services are built from; those that it can't tell about are
	// left out.
	list(ctx context.Context, services []Service) (map[string]*inputs, error)
}

// goTools is the real one.
type goTools struct {
	dir   string // where it runs
	temp  string // its own temporary files: a go that is killed leaves some
	debug bool
}

// One command for all services: go builds what they share once, and links on all
// cores. -buildvcs=false spares a git status per build, and lets a binary stay
// the same while files change that it isn't built from. -ldflags=-w spares a
// quarter of what a large program takes to build: the debug information, of which
// stack traces and profiles have no need.
func (g *goTools) build(ctx context.Context, dir string, services []Service) (string, error) {
	args := []string{"build", "-buildvcs=false", "-ldflags=-w", "-o", dir + string(filepath.Separator)}
	if g.debug {
		args = []string{"build", "-buildvcs=false", "-gcflags=all=-N -l", "-ldflags=", "-o", dir + string(filepath.Separator)}
	}
	for _, svc := range services {
		args = append(args, svc.Package)
	}
	var output bytes.Buffer
	err := g.run(ctx, &output, &output, args...)
	return output.String(), err
}

func (g *goTools) list(ctx context.Context, services []Service) (map[string]*inputs, error) {
	var work, packages, output bytes.Buffer
	if err := g.run(ctx, &work, &output, "env", "GOWORK"); err != nil {
		return nil, fmt.Errorf("go env: %w: %s", err, output.String())
	}
	args := listArgs
	for _, svc := range services {
		args = append(args[:len(args):len(args)], svc.Package)
	}
	if err := g.run(ctx, &packages, &output, args...); err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, output.String())
	}
	file := strings.TrimSpace(work.String())
	if file == "off" {
		file = ""
	}
	return parseList(&packages, file, services)
}

// run runs go, and kills it with its compilers when ctx ends.
func (g *goTools) run(ctx context.Context, stdout, stderr io.Writer, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir = g.dir
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+g.temp) // Environ has PWD: paths as the user knows them
	cmd.Stdout, cmd.Stderr = stdout, stderr
	p, err := child.Start(ctx, cmd, &child.Options{Ask: child.AskNothing})
	if err != nil {
		return err
	}
	return p.Wait()
}

// programName is the file name that go build gives to the program of a package.
func programName(pkg string) string {
	name := path.Base(filepath.ToSlash(pkg))
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// An artifact is a program that was built, in a file that is never written again:
// Windows can't replace a program that runs.
type artifact struct {
	number int // of the build; no two artifacts of a service have the same
	file   string
	copyOf *artifact // the same program, which ran when this one was built
	saved  time.Time // the last change that is in it
	took   time.Duration
}

// buildAll builds all services, and then what the queue wants, until ctx ends.
func (s *Supervisor) buildAll(ctx context.Context) error {
	for _, r := range s.runners {
		s.builds.add(r.Name, false, time.Now())
	}
	for number := 1; ; number++ {
		b, err := s.builds.next(ctx)
		if err != nil {
			return nil
		}
		s.buildBatch(b, number)
		if ctx.Err() != nil {
			return nil
		}
	}
}

// buildBatch builds what the batch is for, and hands it over unless it is stale by
// then.
func (s *Supervisor) buildBatch(b *batch, number int) {
	runners := s.begin(b)
	if len(runners) == 0 {
		s.builds.finish(b)
		return
	}
	var services []Service
	for _, r := range runners {
		services = append(services, r.Service)
	}
	dir := filepath.Join(s.temp, strconv.Itoa(number))
	start := time.Now()
	err := os.Mkdir(dir, 0o700)
	var output string
	if err == nil {
		output, err = s.tools.build(b.ctx, dir, services)
	}
	took := time.Since(start)

	results := make([]result, len(runners))
	for i, r := range runners {
		a, problem := collect(filepath.Join(dir, programName(r.Package)), output, err)
		if a != nil {
			a.number, a.saved, a.took = number, b.changed, took
			if old := r.running(); old != nil && same(old.file, a.file) {
				a.copyOf = old
			}
		}
		results[i] = result{a, page.Build{OK: a != nil, At: time.Now(), Took: took, Output: problem}, b.services[r.Name]}
	}
	if !s.builds.finish(b) {
		os.RemoveAll(dir) // what a killed compiler still holds goes with the run's directory
		return            // it is built again, from what was saved meanwhile
	}
	select {
	case s.relist <- start:
	default: // a list since an earlier time is asked for
	}
	s.hand(runners, results)
	os.Remove(dir) // if nothing is in it
}

// A result is what a build has made of one service.
type result struct {
	artifact *artifact // nil: it failed
	build    page.Build
	force    bool // replace the process, even by the same program
}

// begin notes that the services of the batch are being built. Those that the user
// has stopped are not; they are built when they are started.
func (s *Supervisor) begin(b *batch) (runners []*runner) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	for _, r := range s.runners {
		if _, ok := b.services[r.Name]; ok {
			r.building = r.want
			if r.want {
				runners = append(runners, r)
			}
		}
	}
	return runners
}

// hand gives the runners what was built, and prints what went wrong.
func (s *Supervisor) hand(runners []*runner, results []result) {
	var failed []string
	output := ""
	s.mu.Lock()
	for i, r := range runners {
		r.built(results[i])
		if results[i].artifact == nil {
			failed = append(failed, r.Name)
			output = results[i].build.Output // the same for all
		}
	}
	s.notify()
	s.mu.Unlock()
	if failed != nil {
		s.say("%s: the build failed after %s\n%s", strings.Join(failed, ", "), round(results[0].build.Took), output)
	}
}

// collect returns what a build has made of a service, or why it is nothing.
func collect(file, output string, buildErr error) (*artifact, string) {
	_, err := os.Stat(file)
	switch {
	case err == nil:
		return &artifact{file: file}, ""
	case buildErr == nil:
		return nil, fmt.Sprintf("the package is not a program: %v", err)
	}
	if _, ok := errors.AsType[*exec.ExitError](buildErr); ok && output != "" {
		return nil, output
	}
	return nil, strings.TrimSpace(output + "\n" + buildErr.Error())
}

// same says whether two programs are the same. Those that differ do so in their
// build ID, near the beginning: no hash could tell as soon. What can't be read is
// not the same.
func same(a, b string) bool {
	var readers [2]*bufio.Reader
	for i, file := range []string{a, b} {
		f, err := os.Open(file)
		if err != nil {
			return false
		}
		defer f.Close()
		readers[i] = bufio.NewReaderSize(f, 64<<10)
	}
	for {
		p, errA := readers[0].Peek(64 << 10)
		q, errB := readers[1].Peek(64 << 10)
		if !bytes.Equal(p, q) {
			return false
		}
		if errA != nil || errB != nil { // the end of both, if it is no other error
			return errA == io.EOF && errB == io.EOF
		}
		readers[0].Discard(len(p))
		readers[1].Discard(len(q))
	}
}

// remove deletes the program. What can't be deleted goes with the run's directory.
func (a *artifact) remove() {
	os.Remove(a.file)
	os.Remove(filepath.Dir(a.file)) // if it was the last one there
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}
