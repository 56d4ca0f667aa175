package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
)

// newServer serves the tour, and health at /healthz and /readyz.
func newServer(greeting string, health http.Handler) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		json.NewEncoder(w).Encode(map[string]string{
			"greeting": greeting,
			"family":   family(r.RemoteAddr),
			"peer":     r.RemoteAddr,
			"runs":     svcx.Under().String(),
		})
	})
	mux.Handle("GET /healthz", health)
	mux.Handle("GET /readyz", health)
	// An upload that is under way when the service is told to stop is answered.
	mux.HandleFunc("POST /echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/octet-stream") // else a browser shows another site's form as this one's page
		io.Copy(w, r.Body)
	})
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
}

// family names the address family of a peer. A listen.Listener gives IPv4 peers plain IPv4
// addresses, so it need not know about IPv4-mapped ones.
func family(peer string) string {
	host, _, _ := net.SplitHostPort(peer)
	if net.ParseIP(host).To4() != nil {
		return "IPv4"
	}
	return "IPv6"
}
