package loop

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/procx/child"
)

// prepare runs the steps before the build that are due, until none is. A command shared by several
// services runs once. It returns the failures by service; a failed step stays due.
func (s *Supervisor) prepare(b *batch, runners []*runner) map[string]string {
	problems := map[string]string{}
	taken := false
	for {
		due := s.takeDue(runners, problems)
		if len(due) == 0 {
			break
		}
		for _, d := range due {
			taken = true
			start := time.Now()
			output, err := s.runStep(b.ctx, d.root, d.run)
			if err == nil {
				s.say("%s: ran %s in %s", strings.Join(d.names(), ", "), d.run, round(time.Since(start)))
				continue
			}
			for r, i := range d.steps {
				problems[r.Name] = fmt.Sprintf("%s\n%s: %v", strings.TrimSpace(output), d.run, err)
				s.mu.Lock()
				r.due[i] = true
				s.mu.Unlock()
			}
		}
	}
	if taken {
		select { // until what was written is known of
		case <-time.After(quiet):
		case <-b.ctx.Done():
		}
	}
	return problems
}

// A dueStep is a command, and whose it is.
type dueStep struct {
	root  string
	run   config.Command
	steps map[*runner]int
	order []*runner
}

func (d *dueStep) names() (names []string) {
	for _, r := range d.order {
		names = append(names, r.Name)
	}
	return names
}

// takeDue takes the steps that are due from the runners, but for those where one has failed.
func (s *Supervisor) takeDue(runners []*runner, problems map[string]string) (all []*dueStep) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byCommand := map[string]*dueStep{}
	for _, r := range runners {
		if problems[r.Name] != "" {
			continue
		}
		for i, step := range r.Before {
			if !r.due[i] {
				continue
			}
			delete(r.due, i)
			key := r.Root + "\x00" + strings.Join(step.Run.Argv(), "\x00")
			d := byCommand[key]
			if d == nil {
				d = &dueStep{root: r.Root, run: step.Run, steps: map[*runner]int{}}
				byCommand[key] = d
				all = append(all, d)
			}
			d.steps[r] = i
			d.order = append(d.order, r)
		}
	}
	return all
}

// runStep runs a command and returns what it has printed.
func (s *Supervisor) runStep(ctx context.Context, dir string, run config.Command) (string, error) {
	var output bytes.Buffer
	cmd := run.Cmd()
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &output, &output
	p, err := child.Start(ctx, cmd, &child.Options{Grace: time.Second})
	if err != nil {
		return "", err
	}
	s.guard.Add(p.PID())
	defer s.guard.Remove(p.PID())
	err = p.Wait()
	return output.String(), err
}
