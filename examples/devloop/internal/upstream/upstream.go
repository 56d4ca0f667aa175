// Package upstream calls another service: with a limit for each try and for the
// whole, tries again what may be tried again, and hands the request's ID on.
//
// A URL with "localhost" reaches a service on whichever address family it has,
// also where the hosts file gives that name to one of them only.
package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/requestid"
)

// KeyHeader marks a POST that may be sent twice: the other service does it once.
const KeyHeader = "Idempotency-Key"

const (
	tries      = 4
	tryTimeout = 2 * time.Second // of each try
	allTimeout = 8 * time.Second // of all tries together
	firstWait  = 50 * time.Millisecond
	maxWait    = time.Second
	maxBody    = 8 << 20 // bytes of an answer

	localTimeout = 250 * time.Millisecond // of a connection within this machine
)

// A Client calls one service. It can be used by many goroutines at once.
type Client struct {
	name, base string
	http       *http.Client
	requests   *prometheus.CounterVec
	retries    prometheus.Counter
}

// New returns a client of the service called name at the URL base, and registers
// its counters.
func New(name, base string, metrics prometheus.Registerer) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // a service of ours is never behind the company's proxy
	transport.DialContext = dial
	transport.MaxIdleConnsPerHost = 100
	transport.IdleConnTimeout = 10 * time.Second // a burst's connections don't stay, and the other end closes none first
	labels := prometheus.Labels{"upstream": name}
	c := &Client{
		name: name,
		base: strings.TrimSuffix(base, "/"),
		http: &http.Client{Transport: transport},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "upstream_requests_total", Help: "Tries of requests to another service.", ConstLabels: labels,
		}, []string{"code"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "upstream_retries_total", Help: "Tries after the first one.", ConstLabels: labels,
		}),
	}
	metrics.MustRegister(c.requests, c.retries)
	return c
}

// dial connects to address, or to the loopback address of either family if that is
// localhost. Each of those gets little time, because Windows takes two seconds to find
// that nobody listens.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host != "localhost" {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	var errs []error
	for _, ip := range []string{"127.0.0.1", "::1"} {
		conn, err := (&net.Dialer{Timeout: localTimeout}).DialContext(ctx, network, net.JoinHostPort(ip, port))
		if err == nil {
			return conn, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

// Close closes the connections that are idle.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// A Response is an answer that has been read as a whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get reads path into out, which is JSON. Where the answer is not 200, it
// returns the answer's status with an error.
func (c *Client) Get(ctx context.Context, path string, out any) (status int, err error) {
	res, err := c.Do(ctx, http.MethodGet, path, nil, nil)
	if err != nil {
		return 0, err
	}
	if res.Status != http.StatusOK {
		return res.Status, fmt.Errorf("%s: GET %s: %d: %s", c.name, path, res.Status, bytes.TrimSpace(res.Body[:min(len(res.Body), 200)]))
	}
	if err := json.Unmarshal(res.Body, out); err != nil {
		return res.Status, fmt.Errorf("%s: GET %s: %w", c.name, path, err)
	}
	return res.Status, nil
}

// Ready returns nil if the service says that it is ready.
func (c *Client) Ready(ctx context.Context) error {
	res, err := c.try(ctx, http.MethodGet, "/readyz", nil, nil)
	if err == nil && res.Status != http.StatusOK {
		err = fmt.Errorf("%s: /readyz: %d", c.name, res.Status)
	}
	return err
}

// Do sends a request and returns the answer, whatever its status; path may have a
// query. A GET, and any request with an Idempotency-Key, is sent again if there
// was no answer, or one that says that the service is not there for now; any
// other request only if no connection could be made.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body []byte) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, allTimeout)
	defer cancel()
	repeatable := isRepeatable(method, header)
	for n := 1; ; n++ {
		res, err := c.try(ctx, method, path, header, body)
		wait, worth := retry(res, err, n)
		if !worth || !repeatable && !neverSent(err) || n == tries || ctx.Err() != nil {
			return res, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return res, err
		}
		c.retries.Inc()
	}
}

func (c *Client) try(ctx context.Context, method, path string, header http.Header, body []byte) (_ *Response, err error) {
	code := "error"
	defer func() { c.requests.WithLabelValues(code).Inc() }()
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	for _, name := range []string{"Content-Type", "Accept", KeyHeader} {
		if v := header.Get(name); v != "" {
			req.Header.Set(name, v)
		}
	}
	if id := requestid.From(ctx); id != "" {
		req.Header.Set(requestid.Header, id)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %s %s: the answer breaks off: %w", c.name, method, path, err)
	}
	if len(data) > maxBody {
		return nil, fmt.Errorf("%s: %s %s: the answer has more than %d bytes", c.name, method, path, maxBody)
	}
	code = strconv.Itoa(res.StatusCode)
	return &Response{res.StatusCode, res.Header, data}, nil
}

// neverSent says whether err is that of a connection that could not be made.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// isRepeatable says whether a request may be sent twice.
func isRepeatable(method string, header http.Header) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return true
	}
	return header.Get(KeyHeader) != ""
}

// retry says whether the n-th try is worth another one, and after which wait: a
// random part of one that doubles, so that many clients do not come back at once.
func retry(res *Response, err error, n int) (wait time.Duration, worth bool) {
	wait = min(firstWait<<n, maxWait)
	wait = wait/2 + rand.N(wait/2)
	if err != nil {
		var u *url.Error
		return wait, errors.As(err, &u) || errors.Is(err, io.ErrUnexpectedEOF)
	}
	switch res.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s >= 0 {
			wait = max(wait, min(time.Duration(s)*time.Second, maxWait))
		}
		return wait, true
	}
	return 0, false
}
