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

// lookEvery is how often follow looks at the files. What it has seen twice is not being written any
// more.
const lookEvery = 500 * time.Millisecond

// supervisor returns one for the plan.
func (o options) supervisor(p plan) (*loop.Supervisor, error) {
	cfg := p.Config
	cfg.Colour = o.colour
	cfg.Guard, cfg.Recorder = []string{o.exe, guardArg}, []string{o.exe, recorderArg}
	return loop.New(cfg)
}

// serve runs the supervisor of the plan, and that of the next one once the files say another.
func (o options) serve(ctx context.Context, p plan, s *loop.Supervisor) error {
	for {
		run, stop := context.WithCancel(ctx)
		followed := make(chan struct{})
		var next plan
		var after *loop.Supervisor // nil: the files have said nothing else
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

// follow waits until the files say another plan, and returns that and its supervisor, or nil when
// ctx ends. As long as they say nothing that can be run, s has their error to show.
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

// contents are those of all of the files together. What can't be read has none.
func contents(files []string) string {
	var all strings.Builder
	for _, file := range files {
		data, err := os.ReadFile(file)
		fmt.Fprintf(&all, "%t %q\n", err == nil, data)
	}
	return all.String()
}
