package loop

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

var _ page.Control = (*Supervisor)(nil)

// Status returns the status of all services.
func (s *Supervisor) Status() page.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	status := page.Status{Time: time.Now(), Notice: s.notice, Services: []page.Service{}}
	for _, r := range s.runners {
		state := r.facts().state()
		svc := page.Service{
			Name: r.Name, URL: r.url, State: state, Reason: r.reason(state),
			Restarts: r.restarts, Reloads: r.reloads, Build: r.build,
			Memory: slices.Clone(r.trends.memory), Requests: slices.Clone(r.trends.requests),
			LastWords: r.lastWords, Log: r.tail.last(page.MaxLog),
		}
		if p := r.current; p != nil {
			svc.PID, svc.Since = p.child.PID(), p.since
		} else if p := r.candidate; p != nil {
			svc.PID, svc.Since = p.child.PID(), p.since
		}
		status.Services = append(status.Services, svc)
	}
	return status
}

// Notice prints the text and shows it on the status page until the next call; "" removes it.
func (s *Supervisor) Notice(text string) {
	s.mu.Lock()
	defer s.unlock()
	s.notice = text
	if text != "" {
		s.tell("%s", text)
	}
}

// Start builds and starts a service that is not running.
func (s *Supervisor) Start(name string) error {
	return s.order(name, func(r *runner) error {
		if r.current != nil && r.want {
			return fmt.Errorf("%s runs already", name)
		}
		r.start()
		return nil
	})
}

// Stop ends a service until it is started again.
func (s *Supervisor) Stop(name string) error {
	return s.order(name, func(r *runner) error {
		if !r.want {
			return fmt.Errorf("%s has been stopped already", name)
		}
		r.want = false
		return nil
	})
}

// Reload builds a service and replaces its process, even if nothing has changed.
func (s *Supervisor) Reload(name string) error {
	return s.order(name, func(r *runner) error {
		r.start()
		return nil
	})
}

func (s *Supervisor) order(name string, do func(*runner) error) error {
	r := s.runner(name)
	if r == nil {
		return fmt.Errorf("there is no service %q", name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.notify()
	return do(r)
}

// start has the service built and then started, or replaced.
func (r *runner) start() {
	r.want, r.building, r.finished = true, true, false
	if r.current == nil {
		r.newest = nil // may be older than the source
		r.crashes, r.resume = 0, time.Time{}
	}
	r.sup.builds.add(r.Name, true, time.Now())
}

// firstLine is the first line that says something: not a compiler's heading.
func firstLine(text []byte) string {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "# ") {
			return line
		}
	}
	return ""
}

// firstLines are the first n lines.
func firstLines(text string, n int) string {
	lines := strings.SplitAfterN(text, "\n", n+1)
	if len(lines) > n {
		lines[n] = "…"
	}
	return strings.Join(lines, "")
}
