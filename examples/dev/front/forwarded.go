package front

import (
	"cmp"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
)

// rewrite leaves the request unchanged, except for the headers that addForwarded adds.
func rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.RawQuery = r.In.URL.RawQuery // also what net/url can't parse
	r.Out.Trailer = r.In.Trailer           // its values come after the body
	local := ""
	if addr, ok := r.In.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		local = addr.String()
	}
	r.Out.Host = cmp.Or(r.In.Host, local)   // HTTP/1.0 needs no Host
	for _, name := range forwardedHeaders { // ReverseProxy has taken them out
		if values, ok := r.In.Header[name]; ok {
			r.Out.Header[name] = values
		}
	}
	addForwarded(r.Out.Header, r.In.RemoteAddr, r.Out.Host)
}

var forwardedHeaders = [...]string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// addForwarded adds forwarding headers unless the client, which may itself be a proxy, has set
// them. It adds nothing to a request with Forwarded (RFC 7239), and no Forwarded to a request with
// X-Forwarded-*, because the two would differ.
func addForwarded(h http.Header, remote, host string) {
	if _, ok := h["Forwarded"]; ok {
		return
	}
	client, _, err := net.SplitHostPort(remote)
	if err != nil {
		client = remote
	}
	came := false
	for i, value := range []string{client, host, "http"} {
		name := forwardedHeaders[1+i]
		if _, ok := h[name]; ok {
			came = true
			continue
		}
		h.Set(name, value)
	}
	if !came {
		h.Set("Forwarded", "for="+quoteNode(client)+";host="+quoteNode(host)+";proto=http")
	}
}

// quoteNode writes an address as a value of Forwarded: IPv6 in brackets, and in quotes what is not
// a token.
func quoteNode(s string) string {
	if ip := net.ParseIP(s); ip != nil && ip.To4() == nil {
		return `"[` + s + `]"`
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".-_", r))
	}) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}
