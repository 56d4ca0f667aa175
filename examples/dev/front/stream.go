package front

import (
	"context"
	"io"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

// goodbye is the time that a stream has to end after being asked.
const goodbye = 2 * time.Second

// A stream does not end by itself: it is asked to end.
type stream interface {
	leave(why closeCode) // returns at once
}

// enter registers a stream, and asks it to end if the others were asked before.
func (b *Backend) enter(s stream) {
	b.mu.Lock()
	b.streams[s] = true
	told := b.told
	b.mu.Unlock()
	if told != 0 {
		s.leave(told)
	}
}

func (b *Backend) exit(s stream) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.streams, s)
}

// dismiss asks the streams to end.
func (b *Backend) dismiss(why closeCode) {
	b.mu.Lock()
	b.told = why
	streams := make([]stream, 0, len(b.streams))
	for s := range b.streams {
		streams = append(streams, s)
	}
	b.mu.Unlock()
	for _, s := range streams {
		s.leave(why)
	}
}

// An exchange is one request and its response. A long poll may go through several backends.
type exchange struct {
	front   *Front
	poll    bool
	backend *Backend // nil: none yet
	end     context.CancelFunc
	leaves  stream // what is to be told to go; nil: nothing
}

type exchangeKey struct{}

type roundTripper struct{}

func (roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return r.Context().Value(exchangeKey{}).(*exchange).roundTrip(r)
}

// release releases the exchange's resources.
func (x *exchange) release() {
	if x.backend == nil {
		return
	}
	if x.leaves != nil {
		x.backend.exit(x.leaves)
	}
	x.end()
	x.front.release(x.backend)
	x.backend, x.leaves = nil, nil
}

// roundTrip sends the request to the current backend. It sends a long poll to successive backends
// until one responds before it is asked to end.
func (x *exchange) roundTrip(r *http.Request) (*http.Response, error) {
	for {
		b, err := x.front.acquire(r.Context())
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithCancel(r.Context())
		x.backend, x.end = b, cancel
		if !x.poll {
			resp, err := b.RoundTrip(r.WithContext(ctx))
			return x.follow(resp, cancel), err
		}
		p := &poll{cancel: cancel}
		b.enter(p)
		resp, err := b.RoundTrip(r.WithContext(ctx))
		b.exit(p)
		if p.answered() || r.Context().Err() != nil {
			return x.follow(resp, cancel), err
		}
		if err == nil {
			resp.Body.Close()
		}
		x.release()
	}
}

// follow registers a stream of events, so that it is asked to end.
func (x *exchange) follow(resp *http.Response, cancel context.CancelFunc) *http.Response {
	if resp != nil && resp.ContentLength < 0 && isEventStream(resp.Header.Get("Content-Type")) {
		body := &events{ReadCloser: resp.Body, cancel: cancel, at: newBoundary()}
		resp.Body = body
		x.leaves = body
		x.backend.enter(body)
	}
	return resp
}

// isPoll reports whether the request is a long poll, which may take any time and may be sent twice.
func (f *Front) isPoll(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || r.ContentLength != 0 || r.Header.Get("Upgrade") != "" {
		return false
	}
	for accepted := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		if isEventStream(accepted) {
			return true
		}
	}
	for preference := range strings.SplitSeq(strings.Join(r.Header.Values("Prefer"), ","), ",") {
		name, _, _ := strings.Cut(preference, "=")
		if strings.EqualFold(strings.TrimSpace(name), "wait") {
			return true
		}
	}
	for _, pattern := range f.cfg.Polls {
		if ok, _ := path.Match(pattern, r.URL.Path); ok {
			return true
		}
	}
	return false
}

func isEventStream(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "text/event-stream"
}

// A poll is a long poll without a response yet.
type poll struct {
	cancel context.CancelFunc

	mu         sync.Mutex
	told, done bool
}

func (p *poll) leave(closeCode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.done {
		p.told = true
		p.cancel()
	}
}

// answered reports whether the poll has a response, rather than having been asked to end. From then
// on it can't be asked to end any more.
func (p *poll) answered() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = true
	return !p.told
}

// events is the body of a stream of events. Once asked to end, it ends after the current event, or
// when that takes too long: the client discards incomplete events.
type events struct {
	io.ReadCloser
	cancel context.CancelFunc // of the request to the process

	mu   sync.Mutex
	at   boundary
	told bool
	over bool
}

func (e *events) leave(closeCode) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.told {
		return
	}
	e.told = true
	if e.at.between {
		e.over = true
		e.cancel()
		return
	}
	time.AfterFunc(goodbye, e.cancel)
}

func (e *events) Read(p []byte) (int, error) {
	e.mu.Lock()
	over := e.over
	e.mu.Unlock()
	if over {
		return 0, io.EOF
	}
	n, err := e.ReadCloser.Read(p)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over { // while it was read
		return 0, io.EOF
	}
	end := e.at.pass(p[:n], e.told)
	if e.told && (e.at.between || err != nil) {
		e.over = true
		e.cancel()
		return end, io.EOF
	}
	return n, err
}

// A boundary scans a stream of events for the end of an event, which is an empty line. Lines end in
// LF, CR or CRLF.
type boundary struct {
	between bool // two events, or at the start
	empty   bool // nothing of the line has come
	last    byte
}

func newBoundary() boundary { return boundary{between: true, empty: true} }

// pass scans p, only up to the end of the next event if stop is set, and returns the number of
// bytes scanned.
func (b *boundary) pass(p []byte, stop bool) int {
	for i, c := range p {
		switch {
		case c == '\n' && b.last == '\r': // the line has ended
		case c == '\n' || c == '\r':
			b.between, b.empty = b.empty, true
		default:
			b.between, b.empty = false, false
		}
		b.last = c
		if stop && b.between {
			return i + 1
		}
	}
	return len(p)
}
