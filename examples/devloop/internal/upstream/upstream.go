// Package upstream calls another service. It retries safe requests within a budget, and passes the
// request's ID and remaining time to the other service.
//
// A URL with "localhost" reaches a service on either address family, even if the hosts file gives
// that name to only one of them.
package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

const (
	maxBody      = 8 << 20                // bytes of an answer
	localTimeout = 250 * time.Millisecond // of a connection within this machine
)

// A Client calls one service. It is safe for concurrent use.
type Client struct {
	name, base string
	http       *http.Client
	budget     budget
	requests   *prometheus.CounterVec
	retries    *prometheus.CounterVec
}

// New returns a client of the service called name at the URL base, and registers its counters.
func New(name, base string, metrics prometheus.Registerer) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil // our own services are never behind the company's proxy
	transport.DialContext = dial
	transport.MaxIdleConnsPerHost = 100
	transport.IdleConnTimeout = 10 * time.Second // before the other end closes them
	labels := prometheus.Labels{"upstream": name}
	c := &Client{
		name:   name,
		base:   strings.TrimSuffix(base, "/"),
		http:   &http.Client{Transport: transport, CheckRedirect: noRedirect},
		budget: budget{tenths: maxTenths},
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "upstream_requests_total", Help: "Requests to another service, each try counted.", ConstLabels: labels,
		}, []string{"code"}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "upstream_retries_total", Help: "Further tries, sent or refused by the budget.", ConstLabels: labels,
		}, []string{"result"}),
	}
	c.retries.WithLabelValues("sent")
	c.retries.WithLabelValues("refused")
	metrics.MustRegister(c.requests, c.retries)
	return c
}

// dial connects to address. For localhost it tries the loopback address of both families, each only
// briefly, because Windows takes two seconds to report that a port is closed.
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

// noRedirect leaves redirects to the client that a gateway passes them on to.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close closes the idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// A Response is an answer with its whole body.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get decodes the JSON at path into out. If the answer is not 200, it returns an error and the
// status.
func (c *Client) Get(ctx context.Context, path string, header http.Header, out any) (status int, err error) {
	res, err := c.Do(ctx, http.MethodGet, path, header, nil)
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

// Ready returns nil if the service says that it is ready. Probes are neither retried nor counted.
func (c *Client) Ready(ctx context.Context) error {
	req, err := c.request(ctx, http.MethodGet, "/readyz", nil, nil)
	if err != nil {
		return err
	}
	res, err := c.send(req)
	if err == nil && res.Status != http.StatusOK {
		err = fmt.Errorf("%s: /readyz: %d", c.name, res.Status)
	}
	return err
}

// Do sends a request and returns the answer, whatever its status. The path may have a query. It
// tries again as this package's rules allow (see retry.go), until ctx ends but no longer than
// service.MaxTime. If the last answer is a 502, 503 or 504, Do sets service.NoRetryHeader in it,
// for handlers that pass it on.
func (c *Client) Do(ctx context.Context, method, path string, header http.Header, body []byte) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, service.MaxTime)
	defer cancel()
	req, err := c.request(ctx, method, path, header, body)
	if err != nil {
		return nil, err
	}
	c.budget.add()
	for n := 1; ; n++ {
		res, err := c.try(req, n)
		if !retryable(req, res, err) || n == maxTries || !c.pause(ctx, wait(n, res)) {
			if res != nil && isTemporary(res.Status) {
				res.Header.Set(service.NoRetryHeader, "true")
			}
			return res, err
		}
	}
}

// pause waits before a retry. It returns false if the budget or the time does not allow one.
func (c *Client) pause(ctx context.Context, d time.Duration) bool {
	if deadline, _ := ctx.Deadline(); ctx.Err() != nil || time.Until(deadline) <= d {
		return false
	}
	if !c.budget.take() {
		c.retries.WithLabelValues("refused").Inc()
		return false
	}
	select {
	case <-time.After(d):
		c.retries.WithLabelValues("sent").Inc()
		return true
	case <-ctx.Done():
		return false
	}
}

func (c *Client) request(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	if header != nil {
		req.Header = header.Clone()
	}
	if id := service.RequestID(ctx); id != "" {
		req.Header.Set(service.RequestIDHeader, id)
	}
	return req, nil
}

// try sends req for the n-th time. It tells the other service to be done a little earlier than this
// try ends, so that its answer, rather than silence, says what went wrong.
func (c *Client) try(req *http.Request, n int) (*Response, error) {
	limit := tryTime(req, n)
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	req = req.Clone(ctx)
	req.Body, _ = req.GetBody() // which never fails for a bytes.Reader
	req.Header.Set(service.TimeoutHeader, strconv.FormatInt((limit*4/5).Milliseconds(), 10))
	res, err := c.send(req)
	code := "error"
	if err == nil {
		code = strconv.Itoa(res.Status)
	}
	c.requests.WithLabelValues(code).Inc()
	return res, err
}

func (c *Client) send(req *http.Request) (*Response, error) {
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %s %s: the answer breaks off: %w", c.name, req.Method, req.URL.Path, err)
	}
	if len(data) > maxBody {
		return nil, fmt.Errorf("%s: %s %s: %w: more than %d bytes", c.name, req.Method, req.URL.Path, errTooLarge, maxBody)
	}
	return &Response{res.StatusCode, res.Header, data}, nil
}

// Unavailable returns what a handler answers after a failed call: a 503 that must not be retried,
// because Do has done that.
func Unavailable(message string, err error) error {
	return &service.Error{Status: http.StatusServiceUnavailable, Message: message, Err: err, NoRetry: true}
}
