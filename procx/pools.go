package procx

import (
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// pooled lists the functions whose goroutines serve a pooled connection. Their label identifies the
// test that dialled, not the one that uses the connection now.
var pooled = []string{
	readLoop,
	writeLoop,
	"net/http.(*http2ClientConn).readLoop", // up to Go 1.26
	"net/http/internal/http2.(*ClientConn).readLoop", // since Go 1.27
	"golang.org/x/net/http2.(*ClientConn).readLoop",  // configured by hand
	"database/sql.(*DB).connectionOpener",            // ends with DB.Close
	"database/sql.(*DB).connectionCleaner",           // with the last idle connection
	"github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1",
}

const (
	readLoop  = "net/http.(*persistConn).readLoop"
	writeLoop = "net/http.(*persistConn).writeLoop"
)

func isPooled(function string) bool { return slices.Contains(pooled, function) }

// bodyReaders lists the functions in which a goroutine reads a response body.
var bodyReaders = []string{"net/http.(*bodyEOFSignal).Read", "net/http.(*body).Read", "net/http.(*gzipReader).Read"}

// A pool holds information about connection pools from a dump.
type pool struct {
	open    map[string]bool // connections of net/http, by address, with a body that is not closed
	proved  map[string]bool // those that are proved to be unreachable
	readers int             // other goroutines that read a body
}

func newPool(all []goroutine.Goroutine, mine func(*goroutine.Goroutine) bool) *pool {
	p := &pool{open: make(map[string]bool), proved: make(map[string]bool)}
	for i := range all {
		g := &all[i]
		switch {
		case g.Entry == readLoop && g.State == "select": // otherwise it waits for the network
			p.open[connection(g)] = true
			p.proved[connection(g)] = g.Leaked
		case !mine(g) && reads(g):
			p.readers++
		}
	}
	return p
}

// forgotten reports whether the goroutine serves a connection whose response body the test has not
// closed. A stack does not name the holder of a body. If the runtime can prove leaks, the body is
// the test's if no other goroutine can reach it, which only the final look can determine. Otherwise
// it is the test's if no other goroutine is reading a body.
func (p *pool) forgotten(g *goroutine.Goroutine, final bool) bool {
	c := connection(g)
	if leakProfile() != nil && final {
		return p.open[c] && p.proved[c]
	}
	return p.open[c] && p.readers == 0
}

// reads reports whether the goroutine is reading the body of a response.
func reads(g *goroutine.Goroutine) bool {
	return strings.Contains(g.Text, "\nnet/http.(*") && slices.ContainsFunc(g.Functions(), func(f string) bool { return slices.Contains(bodyReaders, f) })
}

// connection returns the address of the connection that a loop of net/http serves, or "" for other
// goroutines. The address is the method's receiver, which is the same for both loops of a
// connection.
func connection(g *goroutine.Goroutine) string {
	if g.Entry != readLoop && g.Entry != writeLoop {
		return ""
	}
	_, args, _ := strings.Cut(g.Text, g.Entry+"(")
	args, _, _ = strings.Cut(args, ")")
	return strings.TrimSuffix(args, "?") // "?" means that the value may be stale
}
