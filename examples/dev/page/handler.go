// Package page is dev's status page. It shows each service's state, process, last build, memory,
// requests and log, and can start, stop and reload services.
package page

import (
	"cmp"
	"embed"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"path"
	"slices"
)

//go:embed *.html *.css *.js
var assets embed.FS

// The types are not left to package mime: on Windows it asks the registry, where other programs
// have been known to make .js text/plain, which no browser runs.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
}

// Handler serves the page and what it is made of:
//
//	GET  /                          the page
//	GET  /status.json               a Status
//	POST /services/{name}/start     204, or {"error": "…"}: 404 for a service that
//	POST /services/{name}/stop      is not there, 409 if Control refuses, 403 for a
//	POST /services/{name}/reload    request that another site's page has made
//
// It is made for a loopback address, where any web page that the user visits can send requests as
// well: so it answers only to loopback's own names, which keeps DNS rebinding out, and takes orders
// only from its own page and from programs such as curl.
func Handler(c Control) http.Handler {
	orders := http.NewServeMux()
	orders.HandleFunc("POST /services/{name}/start", order(c, Control.Start))
	orders.HandleFunc("POST /services/{name}/stop", order(c, Control.Stop))
	orders.HandleFunc("POST /services/{name}/reload", order(c, Control.Reload))
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusForbidden, errors.New("another site's page may not give orders"))
	}))

	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", asset)
	mux.HandleFunc("GET /{file}", asset)
	mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusOK, c.Status())
	})
	mux.Handle("/services/", sameOrigin.Handler(orders))

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header())
		if !isLoopback(r.Host) {
			writeError(w, http.StatusForbidden,
				errors.New("this page answers to localhost, 127.0.0.1 and [::1] only, not to "+r.Host))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// setHeaders allows the page its own files and nothing else.
func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "+
		"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store") // after an update of dev, the new page; it is all local, and cheap
}

// asset serves a file of the page.
func asset(w http.ResponseWriter, r *http.Request) {
	name := cmp.Or(r.PathValue("file"), "index.html")
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	http.ServeFileFS(w, r, assets, name)
}

// isLoopback reports whether the Host header names loopback, at whatever port.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1", "[::1]"}, host)
}

// order forwards an order to c.
func order(c Control, give func(c Control, name string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if !slices.ContainsFunc(c.Status().Services, func(s Service) bool { return s.Name == name }) {
			writeError(w, http.StatusNotFound, errors.New("there is no service "+name))
			return
		}
		if err := give(c, name); err != nil {
			writeError(w, http.StatusConflict, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func writeError(w http.ResponseWriter, code int, err error) {
	writeJSON(w, code, map[string]string{"error": err.Error()})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(v) // an error here is the client's having gone
}
