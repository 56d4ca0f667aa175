package inspect

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// minToken is the minimum length of a token for addresses beyond the loopback interface.
const minToken = 16

const (
	requestRate  = 10 // requests a second
	requestBurst = 50
)

// newGuard returns a handler that passes a request to h only if its sender may see the response.
func newGuard(token string, h http.Handler) http.Handler {
	b := &bucket{tokens: requestBurst, now: time.Now}
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set("X-Content-Type-Options", "nosniff")
		serverName := ""
		if r.TLS != nil {
			serverName = r.TLS.ServerName
		}
		switch {
		case !hostAllowed(r.Host, serverName):
			http.Error(w, "inspect: the Host header names another machine", http.StatusForbidden)
		case !siteAllowed(r.Header.Get("Sec-Fetch-Site")):
			http.Error(w, "inspect: another site's page made the request", http.StatusForbidden)
		case !b.take():
			header.Set("Retry-After", "1")
			http.Error(w, "inspect: too many requests", http.StatusTooManyRequests)
		case token != "" && subtle.ConstantTimeCompare(want[:], tokenOf(r)) == 0:
			header.Set("WWW-Authenticate", `Basic realm="debug server; the password is the token"`)
			http.Error(w, "inspect: the token is missing or wrong", http.StatusUnauthorized)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "inspect: only GET and HEAD", http.StatusMethodNotAllowed)
		default:
			http.NewResponseController(w).SetWriteDeadline(time.Now().Add(writeMargin)) // extended later for slow responses
			h.ServeHTTP(w, r)
		}
	})
}

// tokenOf returns the hash of the token that a request carries.
func tokenOf(r *http.Request) []byte {
	_, token, ok := r.BasicAuth()
	if !ok {
		token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}

// hostAllowed checks the Host header. A page whose name was made to resolve to this machine (DNS
// rebinding) sends that name. An address can't be rebound, nor can a name for which this server has
// a certificate, because the browser verifies the certificate before it sends anything.
func hostAllowed(host, serverName string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		name = name[1 : len(name)-1]
	}
	address, _, _ := strings.Cut(name, "%")
	return name == "localhost" || net.ParseIP(address) != nil || name != "" && strings.EqualFold(name, serverName)
}

// siteAllowed checks Sec-Fetch-Site, which browsers send (W3C: "Fetch Metadata Request Headers")
// and tools don't. "none" means that the user typed the URL.
func siteAllowed(site string) bool {
	return site == "" || site == "none" || site == "same-origin"
}

// bucket is a token bucket.
type bucket struct {
	mu     sync.Mutex
	tokens float64
	last   time.Time
	now    func() time.Time
}

func (b *bucket) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if !b.last.IsZero() {
		b.tokens = min(requestBurst, b.tokens+requestRate*now.Sub(b.last).Seconds())
	}
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
