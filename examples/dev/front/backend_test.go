package front

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// The protocol to the process is the client's, if the process takes it.
func TestProtocols(t *testing.T) {
	for _, test := range []struct {
		name   string
		behind *http.Protocols
		want   map[string]string // by the client's
	}{
		{"both", protocols(true, true), map[string]string{"HTTP/1.1": "HTTP/1.1", "HTTP/2.0": "HTTP/2.0"}},
		{"HTTP/1 only", protocols(true, false), map[string]string{"HTTP/1.1": "HTTP/1.1", "HTTP/2.0": "HTTP/1.1"}},
		{"HTTP/2 only", protocols(false, true), map[string]string{"HTTP/2.0": "HTTP/2.0"}},
	} {
		for proto, client := range clients(t) {
			t.Run(test.name+", asked by "+proto, func(t *testing.T) {
				procx.Check(t, nil)
				_, base := inFront(t, speaking(t, test.behind, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) }))
				for range 2 {
					resp, err := client.Get(base)
					code, body := answer(t, resp, err)
					if want := test.want[proto]; want != "" {
						assert.Equal(t, want, body)
					} else {
						assert.Equal(t, http.StatusBadGateway, code)
						assert.Contains(t, body, "the service did not answer: ")
					}
				}
			})
		}
	}
}

// A process that takes connections and says nothing does not take HTTP/2.
func TestAskHTTP2(t *testing.T) {
	procx.Check(t, nil)
	for _, test := range []struct{ name, says string }{
		{"HTTP/1", "HTTP/1.1 505 HTTP Version Not Supported\r\n\r\n"},
		{"nothing", ""},
		{"another frame", "\x00\x00\x00\x06\x00\x00\x00\x00\x00"},
		{"the settings of a stream", "\x00\x00\x00\x04\x00\x00\x00\x00\x01"},
		{"half a frame", "\x00\x00\x00\x04"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer l.Close()
			go func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				io.ReadFull(conn, make([]byte, len(preface)))
				io.WriteString(conn, test.says)
			}()
			takes, err := askHTTP2(t.Context(), l.Addr().String())
			assert.NoError(t, err)
			assert.False(t, takes)
		})
	}
	_, err := askHTTP2(t.Context(), "127.0.0.1:1")
	assert.Error(t, err)
}
