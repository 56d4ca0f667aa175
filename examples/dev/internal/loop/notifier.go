package loop

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A notifier reports changes in directories: with the system's notifications, or by polling if
// there are none. Except for its poller, it is used by one goroutine.
type notifier struct {
	say    func(format string, args ...any)
	remote func(dir string) (kind string) // of a file system that does not tell what others change; "" for any other
	fs     *fsnotify.Watcher              // nil: all directories are looked at
	add1   func(dir string) error         // fs.Add
	poll   *poller
	told   map[string]bool // kinds of file systems that were named
}

func newNotifier(say func(string, ...any), open func() (*fsnotify.Watcher, error)) (*notifier, error) {
	n := &notifier{say: say, remote: remoteKind, poll: newPoller(), told: map[string]bool{}}
	fs, err := open()
	if hint := limitHint(err); hint != "" {
		n.say("no notifications of files: %s; looking at them every %s instead", hint, pollEvery)
		return n, nil
	}
	if err != nil {
		return nil, fmt.Errorf("watching files: %w", err)
	}
	n.fs, n.add1 = fs, fs.Add
	return n, nil
}

// add makes the notifier report changes in the directory from now on.
func (n *notifier) add(dir string) error {
	if n.fs == nil {
		return n.poll.add(dir)
	}
	if kind := n.remote(dir); kind != "" {
		if !n.told[kind] {
			n.told[kind] = true
			n.say("%s is on %s, which does not tell of all changes: looking at its files every %s", dir, kind, pollEvery)
		}
		return n.poll.add(dir)
	}
	err := n.add1(dir)
	hint := limitHint(err)
	if hint == "" {
		return err
	}
	n.say("can't watch %s: %s; looking at all files every %s instead", dir, hint, pollEvery)
	dirs := n.fs.WatchList()
	n.fs.Close()
	n.fs = nil
	for _, dir := range dirs {
		n.poll.add(dir) // an error says that it has gone: then there is nothing to look at
	}
	return n.poll.add(dir)
}

func (n *notifier) remove(dir string) {
	if n.fs != nil {
		n.fs.Remove(dir) // an error says that it has gone already
	}
	n.poll.remove(dir)
}

// channels are those to receive from; they never are ready where the system tells nothing.
func (n *notifier) channels() (<-chan fsnotify.Event, <-chan error) {
	if n.fs == nil {
		return nil, nil
	}
	return n.fs.Events, n.fs.Errors
}

func (n *notifier) close() {
	if n.fs != nil {
		n.fs.Close()
	}
}

// pollEvery is how often a poller looks.
const pollEvery = time.Second

// A poller finds changes by reading directories.
type poller struct {
	events chan fsnotify.Event

	mu   sync.Mutex
	dirs map[string]snapshot
}

func newPoller() *poller {
	return &poller{events: make(chan fsnotify.Event), dirs: map[string]snapshot{}}
}

func (p *poller) add(dir string) error {
	now, err := look(dir)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, ok := p.dirs[dir]; !ok {
		p.dirs[dir] = now
	}
	return nil
}

func (p *poller) remove(dir string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.dirs, dir)
}

// run sends events until ctx ends.
func (p *poller) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		for _, event := range p.changes() {
			select {
			case p.events <- event:
			case <-ctx.Done():
				return
			}
		}
	}
}

// changes are those since the last look.
func (p *poller) changes() (events []fsnotify.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for dir, before := range p.dirs {
		now, err := look(dir)
		if err != nil {
			events = append(events, fsnotify.Event{Name: dir, Op: fsnotify.Remove})
			delete(p.dirs, dir)
			continue
		}
		events = append(events, before.changes(now, dir)...)
		p.dirs[dir] = now
	}
	return events
}
