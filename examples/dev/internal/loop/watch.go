package loop

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A watch queues the services that a saved file affects.
type watch struct {
	s       *Supervisor
	notify  *notifier
	inputs  map[string]*inputs // of each service that is built
	globs   map[string]globSet // of each service
	watched map[string]bool
	warned  bool
}

func newWatch(s *Supervisor) (*watch, error) {
	notify, err := newNotifier(s.say, fsnotify.NewWatcher)
	if err != nil {
		return nil, err
	}
	w := &watch{s: s, notify: notify, inputs: map[string]*inputs{}, globs: map[string]globSet{}, watched: map[string]bool{}}
	for _, r := range s.runners {
		w.globs[r.Name] = newGlobSet(r.Service)
		if r.Package != "" {
			w.inputs[r.Name] = unlisted(s.cfg.Dir, r.Service)
		}
	}
	w.sync()
	s.relist <- time.Now()
	return w, nil
}

// run watches until ctx ends.
func (w *watch) run(ctx context.Context) error {
	var poller sync.WaitGroup
	defer poller.Wait()
	defer w.notify.close()
	poller.Go(func() { w.notify.poll.run(ctx) })
	services := w.s.packages()
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
		events, errs := w.notify.channels()
		select {
		case <-ctx.Done():
			return nil
		case since := <-relist:
			relist = nil // one at a time
			lister.Go(func() {
				l := list{since: since}
				l.inputs, l.err = w.s.tools.list(ctx, services)
				lists <- l
			})
		case l := <-lists:
			relist = w.s.relist
			if l.err != nil && ctx.Err() == nil {
				w.s.say("what services are built from stays as it was: %v", l.err)
			}
			w.update(l.inputs, l.since)
		case event := <-w.notify.poll.events:
			w.event(event)
		case event, ok := <-events:
			if !ok {
				return errors.New("watching files: the watcher has ended")
			}
			w.event(event)
		case err, ok := <-errs:
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

// packages are the services that are built.
func (s *Supervisor) packages() (services []Service) {
	for _, r := range s.runners {
		if r.Package != "" {
			services = append(services, r.Service)
		}
	}
	return services
}

// event queues the services that it concerns.
func (w *watch) event(event fsnotify.Event) {
	if event.Op == fsnotify.Chmod {
		return
	}
	c := change{path: filepath.Clean(event.Name), name: event.Has(fsnotify.Create) || event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename)}
	for _, r := range w.s.runners {
		w.matched(r, c.path)
		if in := w.inputs[r.Name]; in != nil && in.concerns(c) {
			w.s.builds.add(r.Name, false, time.Now())
		}
	}
	if !c.name {
		return
	}
	w.rewatch(c.path)
	for _, r := range w.s.runners { // what was in a new directory before it was watched
		for file := range w.globs[r.Name].filesBelow(c.path) {
			w.matched(r, file)
		}
	}
}

// matched queues the service if its globs match the file.
func (w *watch) matched(r *runner, file string) {
	restart, steps := w.globs[r.Name].concerns(file)
	if !restart && len(steps) == 0 {
		return
	}
	w.s.mu.Lock()
	for _, i := range steps {
		r.due[i] = true
	}
	w.s.mu.Unlock()
	w.s.builds.add(r.Name, restart, time.Now())
}

// rewatch watches again what lies below path, if anything there is to be watched: the watch of a
// directory that was renamed or removed is one of what it was.
func (w *watch) rewatch(path string) {
	again := false
	for _, in := range w.inputs {
		for dir := range in.dirs {
			again = again || within(dir, path)
		}
	}
	for _, globs := range w.globs {
		if !again && globs.deepBelow(path) {
			info, err := os.Stat(path)
			again = err != nil && w.watched[path] || err == nil && info.IsDir()
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
	w.notify.remove(dir)
	delete(w.watched, dir)
}

// update takes over what services are built from. A service is queued if a directory that is new
// among its own holds files that are newer than the build which began at since: it may have been
// watched for another service, but what was saved there was not this one's concern.
func (w *watch) update(all map[string]*inputs, since time.Time) {
	before := maps.Clone(w.inputs)
	maps.Copy(w.inputs, all)
	w.sync()
	for _, r := range w.s.runners {
		in := w.inputs[r.Name]
		if in == nil || in == before[r.Name] {
			continue
		}
		for dir := range in.dirs {
			if !before[r.Name].watches(dir) && in.changedSince(dir, since) {
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

// syncOnce reports whether it has watched anything new.
func (w *watch) syncOnce() (more bool) {
	want := map[string]bool{}
	for _, in := range w.inputs {
		for dir := range in.dirs {
			want[nearest(dir, os.Stat)] = true
		}
	}
	for _, globs := range w.globs {
		for dir := range globs.dirs {
			want[nearest(dir, os.Stat)] = true
		}
	}
	for dir := range want {
		if w.watched[dir] {
			continue
		}
		if err := w.notify.add(dir); err == nil {
			w.watched[dir], more = true, true
		} else if !w.warned && !errors.Is(err, os.ErrNotExist) {
			w.warned = true
			w.s.say("can't watch %s: %v", dir, err)
		}
	}
	for dir := range w.watched {
		if !want[dir] {
			w.forget(dir)
		}
	}
	return more
}
