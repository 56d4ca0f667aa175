package loop

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// An artifact is a program that was built, in a file that is never written again: Windows can't
// replace a program that runs.
type artifact struct {
	number int       // of the build; no two artifacts of a service have the same
	file   string    // empty: the service runs a command
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

// buildBatch takes the steps that are due before the build, builds what the batch is for, and hands
// it over unless it is stale by then.
func (s *Supervisor) buildBatch(b *batch, number int) {
	runners := s.begin(b)
	if len(runners) == 0 {
		s.builds.finish(b)
		return
	}
	steps := s.prepare(b, runners)
	s.builds.begin(b)
	start := time.Now()
	dir := filepath.Join(s.temp, strconv.Itoa(number))
	programs := s.programs(b.ctx, dir, runners, steps)
	took := time.Since(start)

	results := make([]result, len(runners))
	for i, r := range runners {
		m := programs[r.Name]
		var a *artifact
		if m.problem == "" {
			a = &artifact{number: number, file: m.file, saved: b.changed, took: took}
			if old := r.running(); old != nil && a.file != "" && same(old.file, a.file) {
				a.copyOf = old
			}
		}
		results[i] = result{a, page.Build{OK: a != nil, At: time.Now(), Took: took, Output: m.problem}, b.services[r.Name]}
	}
	if !s.builds.finish(b) {
		os.RemoveAll(dir) // what a killed compiler still holds goes with the run's directory
		return            // it is built again, from what was saved since
	}
	if slices.ContainsFunc(runners, func(r *runner) bool { return r.Package != "" && !programs[r.Name].direct }) {
		select {
		case s.relist <- start:
		default: // a list since an earlier time is asked for
		}
	}
	s.hand(runners, results)
	os.Remove(dir) // if nothing is in it
}

// programs builds those of the runners that have a package, unless a step before that has failed.
func (s *Supervisor) programs(ctx context.Context, dir string, runners []*runner, steps map[string]string) map[string]made {
	results := map[string]made{}
	var services []Service
	for _, r := range runners {
		if problem := steps[r.Name]; problem != "" {
			results[r.Name] = made{problem: problem}
		} else if r.Package != "" {
			services = append(services, r.Service)
		}
	}
	if len(services) == 0 {
		return results
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		for _, svc := range services {
			results[svc.Name] = made{problem: err.Error()}
		}
		return results
	}
	for name, m := range s.tools.build(ctx, dir, services) {
		results[name] = m
	}
	return results
}

// A result is the result of a build for one service.
type result struct {
	artifact *artifact // nil: it failed
	build    page.Build
	force    bool // replace the process, even by the same program
}

// begin notes that the services of the batch are being built. Those that the user has stopped are
// not; they are built when they are started.
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
	failed := map[string][]string{} // services by what went wrong, which is often the same for all
	var problems []string
	s.mu.Lock()
	for i, r := range runners {
		r.built(results[i])
		if results[i].artifact == nil {
			problem := results[i].build.Output
			if failed[problem] == nil {
				problems = append(problems, problem)
			}
			failed[problem] = append(failed[problem], r.Name)
		}
	}
	s.notify()
	s.mu.Unlock()
	for _, problem := range problems {
		s.say("%s: the build failed after %s\n%s", strings.Join(failed[problem], ", "), round(results[0].build.Took), problem)
	}
}

// same reports whether two programs are identical. Different programs differ in their build ID,
// near the beginning, which is faster to find than to compute a hash. Unreadable programs are
// considered different.
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
		if errA != nil || errB != nil { // the end of both, if it is not another error
			return errA == io.EOF && errB == io.EOF
		}
		readers[0].Discard(len(p))
		readers[1].Discard(len(q))
	}
}

// remove deletes the program. What can't be deleted goes with the run's directory.
func (a *artifact) remove() {
	if a.file == "" {
		return
	}
	os.Remove(a.file)
	for dir, up := filepath.Dir(a.file), 0; up < 3; dir, up = filepath.Dir(dir), up+1 {
		if os.Remove(dir) != nil { // it was not the last one there
			return
		}
	}
}

// lost reports whether the program's file has gone.
func (a *artifact) lost() bool {
	if a.file == "" {
		return false
	}
	_, err := os.Stat(a.file)
	return errors.Is(err, fs.ErrNotExist)
}

// round makes a duration readable.
func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}
