package loop

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A watch tells the queue which services a saved file concerns.
type watch struct {
	s       *Supervisor
	fs      *fsnotify.Watcher
	inputs  map[string]*inputs // of each service
	watched map[string]bool
	warned  bool
}

func newWatch(s *Supervisor) (*watch, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, fmt.Errorf("watching files: %w", err)
	}
	w := &watch{s: s, fs: fs, inputs: map[string]*inputs{}, watched: map[string]bool{}}
	for _, r := range s.runners {
		w.inputs[r.Name] = unlisted(s.cfg.Dir, r.Service)
	}
	w.sync()
	s.relist <- time.Now()
	return w, nil
}

// run watches until ctx ends.
func (w *watch) run(ctx context.Context) error {
	defer w.fs.Close()
	type list struct {
		inputs map[string]*inputs
		err    error
		since  time.Time
	}
	lists := make(chan list, 1)
	relist := w.s.relist
	var lister sync.WaitGroup
	defer lister.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case since := <-relist:
			relist = nil // one at a time
			lister.Go(func() {
				l := list{since: since}
				l.inputs, l.err = w.s.tools.list(ctx, w.s.cfg.Services)
				lists <- l
			})
		case l := <-lists:
			relist = w.s.relist
			if l.err != nil && ctx.Err() == nil {
				w.s.say("what services are built from stays as it was: %v", l.err)
			}
			w.update(l.inputs, l.since)
		case event, ok := <-w.fs.Events:
			if !ok {
				return errors.New("watching files: the watcher has ended")
			}
			w.event(event)
		case err, ok := <-w.fs.Errors:
			if !ok {
				return errors.New("watching files: the watcher has ended")
			}
			w.s.say("watching files: %v: building all", err) // events were lost
			for _, r := range w.s.runners {
				w.s.builds.add(r.Name, false, time.Now())
			}
			for dir := range w.watched {
				w.forget(dir)
			}
			w.sync()
		}
	}
}

// event queues the services that it concerns.
func (w *watch) event(event fsnotify.Event) {
	if event.Op == fsnotify.Chmod {
		return
	}
	c := change{path: filepath.Clean(event.Name), name: event.Has(fsnotify.Create) || event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename)}
	for _, r := range w.s.runners {
		if w.inputs[r.Name].concerns(c) {
			w.s.builds.add(r.Name, false, time.Now())
		}
	}
	if c.name {
		w.rewatch(c.path)
	}
}

// rewatch watches anew what lies below path, if anything there is to be watched:
// the watch of a directory that was renamed or removed is one of what it was.
func (w *watch) rewatch(path string) {
	again := false
	for _, in := range w.inputs {
		for dir := range in.dirs {
			again = again || within(dir, path)
		}
	}
	if !again {
		return
	}
	for dir := range w.watched {
		if within(dir, path) {
			w.forget(dir)
		}
	}
	w.sync()
}

func (w *watch) forget(dir string) {
	w.fs.Remove(dir) // an error says that it has gone already
	delete(w.watched, dir)
}

// update takes over what services are built from. Those of which a new directory
// holds files that are newer than the build which began at since are queued.
func (w *watch) update(all map[string]*inputs, since time.Time) {
	before := maps.Clone(w.watched)
	maps.Copy(w.inputs, all)
	w.sync()
	for _, r := range w.s.runners {
		in := w.inputs[r.Name]
		for dir := range in.dirs {
			if !before[dir] && in.changedSince(dir, since) {
				w.s.builds.add(r.Name, false, time.Now())
			}
		}
	}
}

// sync watches the directories that matter, or what leads to them, and no others.
func (w *watch) sync() {
	for w.syncOnce() { // what was made before its parent was watched has had no event
	}
}

// syncOnce says whether it has watched anything new.
func (w *watch) syncOnce() (more bool) {
	want := map[string]bool{}
	for _, in := range w.inputs {
		for dir := range in.dirs {
			want[nearest(dir, os.Stat)] = true
		}
	}
	for dir := range want {
		if w.watched[dir] {
			continue
		}
		if err := w.fs.Add(dir); err == nil {
			w.watched[dir], more = true, true
		} else if !w.warned && !errors.Is(err, os.ErrNotExist) {
			w.warned = true
			w.s.say("can't watch %s (Linux: see fs.inotify.max_user_watches): %v", dir, err)
		}
	}
	for dir := range w.watched {
		if !want[dir] {
			w.forget(dir)
		}
	}
	return more
}
