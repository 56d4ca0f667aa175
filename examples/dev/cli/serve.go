package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/internal/loop"
)

// lookEvery is the interval at which follow reads the files. A change counts once two reads agree,
// so that a file that is still being written is not used.
const lookEvery = 500 * time.Millisecond

// supervisor returns a supervisor that runs the plan.
func (o options) supervisor(p plan) (*loop.Supervisor, error) {
	cfg := p.Config
	cfg.Colour = o.colour
	cfg.Guard, cfg.Recorder = []string{o.exe, guardArg}, []string{o.exe, recorderArg}
	return loop.New(cfg)
}

// serve runs s, the supervisor of p. When the files change to another plan that can be run, it ends s
// and runs the supervisor of that plan.
func (o options) serve(ctx context.Context, p plan, s *loop.Supervisor) error {
	for {
		run, stop := context.WithCancel(ctx)
		followed := make(chan struct{})
		var next plan
		var after *loop.Supervisor // nil: ctx has ended, or s by itself
		go func() {
			defer close(followed)
			defer stop()
			next, after = o.follow(run, p, s)
		}()
		err := s.Run(run)
		stop()
		<-followed
		if err != nil || after == nil || ctx.Err() != nil {
			return err
		}
		p, s = next, after
	}
}

// follow waits until the files hold another plan that can be run, and returns it and its supervisor,
// or nil when ctx ends. While the files have an error, s shows it.
func (o options) follow(ctx context.Context, p plan, s *loop.Supervisor) (plan, *loop.Supervisor) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	files, known, last := p.files, p.text, p.text
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return plan{}, nil
		}
		before := last
		if last = contents(files); last != before || last == known {
			continue
		}
		next, err := o.configuration()
		files, known, last = next.files, next.text, next.text
		var after *loop.Supervisor
		if err == nil {
			after, err = o.supervisor(next)
		}
		switch {
		case err != nil:
			s.Notice(fmt.Sprintf("%v (until that is right, all goes on as it was)", err))
		case reflect.DeepEqual(next.Config, p.Config):
			s.Notice("")
		default:
			s.Notice(fmt.Sprintf("%s or a file of variables has changed: starting all services again", filepath.Base(files[0])))
			return next, after
		}
	}
}

// contents returns the contents of all files in one string. A file that can't be read counts as
// absent.
func contents(files []string) string {
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		fmt.Fprintf(&all, "%t %q\n", err == nil, data)
	}
	return all.String()
}
