package upstream

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
)

// KeyHeader makes a POST safe to retry: the other service carries out requests with the same key
// once, and answers the others with the result of the first.
const KeyHeader = "Idempotency-Key"

const (
	maxTries  = 3
	firstWait = 50 * time.Millisecond
	maxWait   = time.Second
)

var errTooLarge = errors.New("the answer is too large")

// retryable reports whether another try is safe and could have another result. A request that never
// reached the server is always safe. Any other is if it is idempotent: by its method (RFC 9110,
// section 9.2.2) or by its key.
func retryable(req *http.Request, res *Response, err error) bool {
	if err != nil {
		return neverSent(err) || idempotent(req) && !errors.Is(err, errTooLarge)
	}
	return isTemporary(res.Status) && idempotent(req) && res.Header.Get(service.NoRetryHeader) == ""
}

// neverSent reports whether err is from a connection that could not be made.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

func idempotent(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return true
	}
	return req.Header.Get(KeyHeader) != ""
}

func isTemporary(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// tryTime returns the limit of the n-th try: half of the time that is left if there could be another
// try, otherwise all of it.
func tryTime(req *http.Request, n int) time.Duration {
	deadline, _ := req.Context().Deadline()
	left := time.Until(deadline)
	if n < maxTries && idempotent(req) {
		left /= 2
	}
	return left
}

// wait returns the pause after the n-th try: a random part of one that doubles, so that many clients
// don't come back at once, or what the answer asks for, up to maxWait.
func wait(n int, res *Response) time.Duration {
	d := min(firstWait<<n, maxWait)
	d = d/2 + rand.N(d/2)
	if res != nil {
		if s, err := strconv.ParseUint(res.Header.Get("Retry-After"), 10, 16); err == nil {
			d = max(d, min(time.Duration(s)*time.Second, maxWait))
		}
	}
	return d
}

// A budget is a token bucket that limits retries to a tenth of the requests, after ten to begin
// with. Without it, a service that is overloaded would get three times its load.
type budget struct {
	mu     sync.Mutex
	tenths int // of a retry
}

const maxTenths = 100

// add is called for each request.
func (b *budget) add() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tenths = min(b.tenths+1, maxTenths)
}

// take reports whether there may be a retry, and counts it.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.tenths < 10 {
		return false
	}
	b.tenths -= 10
	return true
}
