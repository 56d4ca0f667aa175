package front

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

func TestForwarded(t *testing.T) {
	const own, from = "10.9.8.7:4321", "10.9.8.7"
	type header = map[string]string
	for _, test := range []struct {
		name         string
		remote, host string
		sent, want   header
	}{
		{"from a client", own, "shop.example", nil, header{"X-Forwarded-For": from, "X-Forwarded-Host": "shop.example",
			"X-Forwarded-Proto": "http", "Forwarded": "for=10.9.8.7;host=shop.example;proto=http"}},
		{"by IPv6", "[::1]:4321", "localhost:8000", nil, header{"X-Forwarded-For": "::1", "X-Forwarded-Host": "localhost:8000",
			"X-Forwarded-Proto": "http", "Forwarded": `for="[::1]";host="localhost:8000";proto=http`}},
		{"a name to be quoted", own, `a"b\c`, nil, header{"X-Forwarded-For": from, "X-Forwarded-Host": `a"b\c`,
			"X-Forwarded-Proto": "http", "Forwarded": `for=10.9.8.7;host="a\"b\\c";proto=http`}},
		{"from a proxy", own, "shop.example",
			header{"X-Forwarded-For": "203.0.113.9, 10.0.0.1", "X-Forwarded-Host": "shop.test", "X-Forwarded-Proto": "https"},
			header{"X-Forwarded-For": "203.0.113.9, 10.0.0.1", "X-Forwarded-Host": "shop.test", "X-Forwarded-Proto": "https"}},
		{"from one that says a part", own, "shop.example", header{"X-Forwarded-Proto": "https"},
			header{"X-Forwarded-For": from, "X-Forwarded-Host": "shop.example", "X-Forwarded-Proto": "https"}},
		{"from one of RFC 7239", own, "shop.example", header{"Forwarded": "for=203.0.113.9;proto=https"}, header{"Forwarded": "for=203.0.113.9;proto=https"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, want := http.Header{}, http.Header{}
			for name, value := range test.sent {
				h.Set(name, value)
			}
			for name, value := range test.want {
				want.Set(name, value)
			}
			addForwarded(h, test.remote, test.host)
			assert.Equal(t, want, h)
		})
	}
}

// Headers from a client, which may be a proxy, are kept; missing ones are added.
func TestForwardedArrives(t *testing.T) {
	procx.Check(t, nil)
	got := make(chan *http.Request, 1)
	_, base := inFront(t, behind(t, func(w http.ResponseWriter, r *http.Request) { got <- r }))
	addr := strings.TrimPrefix(base, "http://")
	send := func(request string) *http.Request {
		conn, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer conn.Close()
		io.WriteString(conn, request)
		_, err = io.ReadAll(conn)
		require.NoError(t, err)
		return <-got
	}
	r := send("GET / HTTP/1.0\r\n\r\n")
	assert.Equal(t, addr, r.Host, "HTTP/1.0 has none")
	assert.Equal(t, "for=127.0.0.1;host=\""+addr+"\";proto=http", r.Header.Get("Forwarded"))
	r = send("GET / HTTP/1.1\r\nConnection: close\r\nHost: shop.example\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n\r\n")
	assert.Equal(t, "shop.example", r.Host)
	assert.Equal(t, []string{"203.0.113.9"}, r.Header["X-Forwarded-For"])
	assert.Equal(t, []string{"https"}, r.Header["X-Forwarded-Proto"])
	assert.Equal(t, []string{"443"}, r.Header["X-Forwarded-Port"])
	assert.Equal(t, []string{"shop.example"}, r.Header["X-Forwarded-Host"])
	r = send("GET / HTTP/1.1\r\nConnection: close\r\nHost: x\r\nForwarded: for=203.0.113.9\r\n\r\n")
	assert.Equal(t, []string{"for=203.0.113.9"}, r.Header["Forwarded"])
}
