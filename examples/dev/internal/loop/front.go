package loop

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// A front is what clients of a service talk to, whichever process serves at the
// time.
type front struct {
	// why says why nothing serves; if it soon may, also what to wait for before
	// asking again.
	why      func() (reason string, again <-chan struct{})
	patience time.Duration // how long a request waits for that
	proxy    httputil.ReverseProxy

	mu      sync.Mutex
	backend *backend // nil: nothing serves
}

// A backend is a process as the front sees it.
type backend struct {
	url       *url.URL
	transport *http.Transport

	inflight int           // guarded by front.mu, as is retired
	retired  bool          // it gets no new request
	drained  chan struct{} // closed when it is retired and has answered all
}

func newBackend(u *url.URL) *backend {
	return &backend{
		url: u,
		transport: &http.Transport{ // no Proxy: it is on this machine
			DisableCompression:    true,
			MaxIdleConnsPerHost:   100,
			IdleConnTimeout:       5 * time.Second, // before the service closes it: a POST is not sent again
			ExpectContinueTimeout: time.Second,
		},
		drained: make(chan struct{}),
	}
}

func newFront(why func() (string, <-chan struct{}), patience time.Duration) *front {
	f := &front{why: why, patience: patience}
	f.proxy = httputil.ReverseProxy{
		Rewrite:       rewrite,
		Transport:     roundTripper{},
		FlushInterval: -1, // events and long polls pass at once
		ErrorHandler:  f.failed,
	}
	return f
}

// backendKey is the context key of a request's backend.
type backendKey struct{}

func backendOf(ctx context.Context) *backend { return ctx.Value(backendKey{}).(*backend) }

type roundTripper struct{}

func (roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	return backendOf(r.Context()).transport.RoundTrip(r)
}

// rewrite leaves the request as the client sent it, Host included, appends to
// X-Forwarded-For and sets the other two of these headers.
func rewrite(r *httputil.ProxyRequest) {
	r.SetURL(backendOf(r.In.Context()).url)
	r.Out.Host = r.In.Host
	r.Out.URL.RawQuery = r.In.URL.RawQuery // also what net/url can't parse
	r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
	r.SetXForwarded()
}

// ServeHTTP passes a request on to the process that serves now.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, reason := f.acquire(r.Context())
	if b == nil {
		w.Header().Set("Retry-After", "1")
		http.Error(w, reason, http.StatusServiceUnavailable)
		return
	}
	defer f.release(b)
	f.proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), backendKey{}, b)))
}

// acquire returns what serves, and counts one request more there; or nil and the
// reason, once there is no hope or no more patience.
func (f *front) acquire(ctx context.Context) (*backend, string) {
	patience := time.NewTimer(f.patience)
	defer patience.Stop()
	for {
		if b := f.take(); b != nil {
			return b, ""
		}
		reason, again := f.why()
		if b := f.take(); b != nil { // it came before why looked
			return b, ""
		}
		if again == nil {
			return nil, reason
		}
		select {
		case <-again:
		case <-patience.C:
			return nil, reason
		case <-ctx.Done():
			return nil, reason
		}
	}
}

func (f *front) take() *backend {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.backend != nil {
		f.backend.inflight++
	}
	return f.backend
}

func (f *front) release(b *backend) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b.inflight--
	b.closeIfDrained()
}

func (b *backend) closeIfDrained() {
	if b.retired && b.inflight == 0 {
		close(b.drained)
	}
}

// swap lets new requests go to b, or to nobody if it is nil.
func (f *front) swap(b *backend) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.backend
	f.backend = b
	if old != nil {
		old.retired = true
		old.closeIfDrained()
	}
}

// drain waits until b, which has been swapped out, has answered all of its
// requests, or ctx ends; and says how many are left.
func (f *front) drain(ctx context.Context, b *backend) (left int) {
	select {
	case <-b.drained:
	case <-ctx.Done():
	}
	b.transport.CloseIdleConnections()
	f.mu.Lock()
	defer f.mu.Unlock()
	return b.inflight
}

// failed answers for a process that did not.
func (f *front) failed(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) {
		return // the client has gone
	}
	http.Error(w, fmt.Sprintf("the service did not answer: %v", err), http.StatusBadGateway)
}
