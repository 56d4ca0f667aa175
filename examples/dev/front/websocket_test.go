package front

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// A frame of RFC 6455.
type frame struct {
	op      byte
	payload string
}

const (
	text     = 0x1
	closing  = 0x8
	finished = 0x80
)

// bytes are those of a server, or with a mask of a client.
func (f frame) bytes(masked bool) []byte {
	b := []byte{finished | f.op}
	mask := byte(0)
	if masked {
		mask = 0x80
	}
	switch n := len(f.payload); {
	case n < 126:
		b = append(b, mask|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, mask|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, mask|127), uint64(n))
	}
	if masked {
		b = append(b, 0, 0, 0, 0) // which leaves the payload as it is
	}
	return append(b, f.payload...)
}

func readFrame(r io.Reader) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	length := uint64(head[1] & 0x7f)
	switch length {
	case 126:
		var n uint16
		binary.Read(r, binary.BigEndian, &n)
		length = uint64(n)
	case 127:
		binary.Read(r, binary.BigEndian, &length)
	}
	if head[1]&0x80 != 0 {
		length += 4
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(r, payload)
	if head[1]&0x80 != 0 && err == nil {
		payload = payload[4:]
	}
	return frame{head[0] & 0xf, string(payload)}, err
}

func closeFrame(code closeCode, reason string) frame {
	return frame{closing, string(binary.BigEndian.AppendUint16(nil, uint16(code))) + reason}
}

// webSocketServer is a backend that upgrades connections and hands them over.
func webSocketServer(t *testing.T, serve func(net.Conn, *bufio.Reader)) *Backend {
	t.Helper()
	return behind(t, func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n")
		serve(conn, buffered.Reader)
	})
}

// dialWebSocket is a client of one.
func dialWebSocket(t *testing.T, base, protocol string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(limit))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", protocol)
	answers := bufio.NewReaderSize(conn, 128<<10)
	resp, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	return conn, answers
}

// echo sends frames back, as a service does, the close frame included.
func echo(got chan<- frame) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, r *bufio.Reader) {
		for {
			f, err := readFrame(r)
			if err != nil {
				return
			}
			got <- f
			conn.Write(f.bytes(false))
			if f.op == closing {
				return
			}
		}
	}
}

// A WebSocket client is told by a close frame, at once; its answer reaches the process, which ends
// the connection.
func TestWebSocketGetsCloseFrame(t *testing.T) {
	for _, test := range []struct {
		name string
		next bool
		want frame
	}{
		{"replaced", true, closeFrame(1012, "the service is being reloaded")},
		{"stopped", false, closeFrame(1001, "the service is being stopped")},
	} {
		t.Run(test.name, func(t *testing.T) {
			procx.Check(t, nil)
			got := make(chan frame, 2)
			old := webSocketServer(t, echo(got))
			f, base := inFront(t, old)
			conn, answers := dialWebSocket(t, base, "WebSocket")
			conn.Write(frame{text, "hello"}.bytes(true))
			back, err := readFrame(answers)
			require.NoError(t, err)
			assert.Equal(t, frame{text, "hello"}, back)

			start := time.Now()
			if test.next {
				f.Swap(webSocketServer(t, echo(got)))
			} else {
				f.Swap(nil)
			}
			back, err = readFrame(answers)
			require.NoError(t, err)
			assert.Equal(t, test.want, back)
			conn.Write(closeFrame(1000, "bye").bytes(true))
			_, err = readFrame(answers)
			assert.Equal(t, io.EOF, err, "nothing more, not the process's close frame either")
			conn.Close()
			assert.Zero(t, f.Drain(t.Context(), old))
			assert.Less(t, time.Since(start), goodbye)
			assert.Equal(t, frame{text, "hello"}, <-got)
			assert.Equal(t, closeFrame(1000, "bye"), <-got)
		})
	}
}

// The close frame comes after the frame that is under way.
func TestWebSocketWithinFrame(t *testing.T) {
	for _, size := range []int{5, 200, 70_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			procx.Check(t, nil)
			message := frame{text, strings.Repeat("x", size)}
			raw := message.bytes(false)
			for _, cut := range []int{1, 2, 3, size / 2, len(raw) - 1} {
				goOn := make(chan struct{})
				old := webSocketServer(t, func(conn net.Conn, r *bufio.Reader) {
					conn.Write(raw[:cut])
					<-goOn
					conn.Write(append(raw[cut:len(raw):len(raw)], frame{text, "too late"}.bytes(false)...))
					io.Copy(io.Discard, r)
				})
				f, base := inFront(t, old)
				conn, answers := dialWebSocket(t, base, "websocket")
				_, err := answers.Peek(cut)
				require.NoError(t, err)
				f.Swap(nil)
				require.Eventually(t, func() bool { return told(old) }, limit, time.Millisecond)
				close(goOn)
				got, err := readFrame(answers)
				require.NoError(t, err)
				assert.Equal(t, message, got)
				got, err = readFrame(answers)
				require.NoError(t, err)
				assert.EqualValues(t, closing, got.op)
				conn.Close()
				assert.Zero(t, f.Drain(t.Context(), old))
			}
		})
	}
}

// told reports whether the WebSocket of b has been told to go.
func told(b *Backend) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.streams {
		s := s.(*webSocket)
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.told != 0
	}
	return false // it is not open yet
}

// A client or a process that does not answer the close frame holds nothing up for long.
func TestWebSocketStays(t *testing.T) {
	procx.Check(t, nil)
	old := webSocketServer(t, func(conn net.Conn, r *bufio.Reader) {
		conn.Write([]byte{finished | text, 5, 'h'}) // and no more of it
		io.Copy(io.Discard, r)
	})
	f, base := inFront(t, old)
	_, answers := dialWebSocket(t, base, "websocket")
	_, err := answers.Peek(3)
	require.NoError(t, err)
	f.Swap(nil)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	assert.Zero(t, f.Drain(ctx, old))
}

// If the process has sent a close frame itself, no second one is sent.
func TestWebSocketClosedByProcess(t *testing.T) {
	procx.Check(t, nil)
	old := webSocketServer(t, func(conn net.Conn, r *bufio.Reader) {
		conn.Write(closeFrame(1008, "no").bytes(false))
		io.Copy(io.Discard, r)
	})
	f, base := inFront(t, old)
	conn, answers := dialWebSocket(t, base, "websocket")
	got, err := readFrame(answers)
	require.NoError(t, err)
	assert.Equal(t, closeFrame(1008, "no"), got)
	f.Swap(nil)
	require.Eventually(t, func() bool { return told(old) }, limit, time.Millisecond)
	conn.(*net.TCPConn).CloseWrite()
	rest, err := io.ReadAll(answers)
	assert.NoError(t, err)
	assert.Empty(t, rest)
	assert.Zero(t, f.Drain(t.Context(), old))
}

// A connection upgraded to another protocol stays: it can't be asked to end.
func TestUpgradeToOtherProtocol(t *testing.T) {
	procx.Check(t, nil)
	old := webSocketServer(t, func(conn net.Conn, r *bufio.Reader) {
		line, _ := r.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	})
	f, base := inFront(t, old)
	conn, answers := dialWebSocket(t, base, "irc")
	f.Swap(nil)
	fmt.Fprint(conn, "hello\n")
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "echo hello\n", line)
	conn.Close()
	assert.Zero(t, f.Drain(t.Context(), old))
}

func FuzzFrames(f *testing.F) {
	f.Add(append(frame{text, "hello"}.bytes(false), closeFrame(1000, "").bytes(true)...), 3)
	f.Add(frame{text, strings.Repeat("x", 300)}.bytes(true), 1)
	f.Add([]byte{0x82, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2}, 1)
	f.Fuzz(func(t *testing.T, data []byte, cut int) {
		if cut < 0 || cut > len(data) {
			return
		}
		var whole, pieces frames
		assert.Equal(t, len(data), whole.pass(data, false))
		pieces.pass(data[:cut], false)
		pieces.pass(data[cut:], false)
		assert.Equal(t, whole.left, pieces.left)
		assert.True(t, bytes.Equal(whole.head, pieces.head))
		assert.Equal(t, whole.closed, pieces.closed)
		// Ends found one by one are those found together.
		var each frames
		for rest := data; len(rest) > 0; {
			n := each.pass(rest, true)
			require.Positive(t, n)
			rest = rest[n:]
		}
		assert.Equal(t, whole.between(), each.between())
	})
}
