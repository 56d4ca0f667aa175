package front

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Backend is the server of a process.
type Backend struct {
	URL          *url.URL
	http1, http2 *http.Transport

	inflight int           // guarded by Front.mu, as is retired
	retired  bool          // it gets no new request
	drained  chan struct{} // closed when it is retired and has answered all

	asking sync.Mutex // held while the process is asked for what known holds
	known  bool       // whether it takes HTTP/2
	takes2 bool

	mu      sync.Mutex
	streams map[stream]bool
	told    closeCode // what streams were told; 0: nothing yet
}

// NewBackend returns the backend that listens at u.
func NewBackend(u *url.URL) *Backend {
	transport := func(p *http.Protocols) *http.Transport {
		return &http.Transport{ // no Proxy: it is on this machine
			Protocols:             p,
			DisableCompression:    true,
			MaxIdleConnsPerHost:   100,
			IdleConnTimeout:       5 * time.Second, // before the service closes it: a POST is not sent again
			ExpectContinueTimeout: time.Second,
		}
	}
	return &Backend{
		URL:     u,
		http1:   transport(protocols(true, false)),
		http2:   transport(protocols(false, true)),
		drained: make(chan struct{}),
		streams: map[stream]bool{},
	}
}

func protocols(http1, http2 bool) *http.Protocols {
	p := new(http.Protocols)
	p.SetHTTP1(http1)
	p.SetUnencryptedHTTP2(http2)
	return p
}

// RoundTrip sends a request to the process, whatever its URL says, in the protocol that it came in.
func (b *Backend) RoundTrip(r *http.Request) (*http.Response, error) {
	to := *r.URL
	to.Scheme, to.Host = b.URL.Scheme, b.URL.Host
	r = r.WithContext(r.Context())
	r.URL = &to
	if r.ProtoMajor == 2 && b.takesHTTP2(r.Context()) {
		return b.http2.RoundTrip(r)
	}
	return b.http1.RoundTrip(r)
}

// Close closes the connections that are not in use.
func (b *Backend) Close() {
	b.http1.CloseIdleConnections()
	b.http2.CloseIdleConnections()
}

func (b *Backend) closeIfDrained() {
	if b.retired && b.inflight == 0 {
		close(b.drained)
	}
}

// takesHTTP2 reports whether the process supports HTTP/2. It is probed when the first HTTP/2 client
// connects.
func (b *Backend) takesHTTP2(ctx context.Context) bool {
	b.asking.Lock()
	defer b.asking.Unlock()
	if !b.known {
		takes, err := askHTTP2(ctx, b.URL.Host)
		if err != nil {
			return true // as the client does; what is wrong shows in a moment
		}
		b.known, b.takes2 = true, takes
	}
	return b.takes2
}

// preface is the connection preface of an HTTP/2 client: RFC 9113, section 3.4. The frame at its
// end holds no settings.
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// askHTTP2 reports whether a server responds to the preface with a settings frame, as an HTTP/2
// server must. An HTTP/1 server responds with a line of text, or closes the connection.
func askHTTP2(ctx context.Context, addr string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.SetDeadline(time.Now()) })()
	if _, err := io.WriteString(conn, preface); err != nil {
		return false, err
	}
	var head [9]byte // length (3 bytes), type, flags, stream (4)
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return false, ctx.Err() // unless the time is up, it has closed the connection
	}
	const settings = 4
	return head[3] == settings && head[4] == 0 && [4]byte(head[5:]) == [4]byte{}, nil
}
