package front

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A closeCode is a status of RFC 6455, section 7.4, and of IANA's registry.
type closeCode uint16

const (
	goingAway      closeCode = 1001
	serviceRestart closeCode = 1012
)

// frame is a close frame from a server, which has no mask.
func (c closeCode) frame() []byte {
	reason := "the service is being reloaded"
	if c == goingAway {
		reason = "the service is being stopped"
	}
	frame := []byte{0x88, byte(2 + len(reason))}
	return append(binary.BigEndian.AppendUint16(frame, uint16(c)), reason...)
}

func isWebSocket(h http.Header) bool { return strings.EqualFold(h.Get("Upgrade"), "websocket") }

// An upgrader is the response to a request for a WebSocket.
type upgrader struct {
	http.ResponseWriter
	x *exchange
}

func (u *upgrader) Unwrap() http.ResponseWriter { return u.ResponseWriter }

// Hijack gives the connection of which ReverseProxy makes one to the process.
func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	return &webSocket{Conn: conn, backend: u.x.backend}, buffered, nil
}

// A webSocket is the connection to a client. Told to go, it sends a close frame after the frame
// that is under way, and nothing more. What the client answers goes to the process, which then ends
// the connection as for any client.
type webSocket struct {
	net.Conn
	backend *Backend
	opened  sync.Once

	mu     sync.Mutex
	frames frames
	told   closeCode   // 0: not yet
	said   bool        // the close frame is sent, by the process or from here
	limit  *time.Timer // from when it is told
}

// Read reads from the client. The first call comes when the client has been sent the answer to its
// request: from then on there may be frames.
func (s *webSocket) Read(p []byte) (int, error) {
	s.opened.Do(func() { s.backend.enter(s) })
	return s.Conn.Read(p)
}

// Write takes what the process sends.
func (s *webSocket) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told != 0 && s.said {
		return len(p), nil
	}
	end := s.frames.pass(p, s.told != 0)
	if n, err := s.Conn.Write(p[:end]); err != nil {
		return n, err
	}
	s.said = s.said || s.frames.closed
	return len(p), s.sayIfBetween()
}

// sayIfBetween sends the close frame if it is to be sent, and can be. The caller holds mu.
func (s *webSocket) sayIfBetween() error {
	if s.told == 0 || s.said || !s.frames.between() {
		return nil
	}
	s.said = true
	_, err := s.Conn.Write(s.told.frame())
	return err
}

func (s *webSocket) leave(why closeCode) {
	s.Conn.SetWriteDeadline(time.Now().Add(goodbye)) // also for a Write that holds mu
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.told != 0 {
			return
		}
		s.told = why
		s.limit = time.AfterFunc(goodbye, func() { s.Conn.Close() })
		if s.sayIfBetween() != nil {
			s.Conn.Close()
		}
	}()
}

// CloseWrite forwards that the process has closed its half.
func (s *webSocket) CloseWrite() error {
	if half, ok := s.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return s.Conn.Close()
}

func (s *webSocket) Close() error {
	s.backend.exit(s)
	err := s.Conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit != nil {
		s.limit.Stop()
	}
	return err
}

// frames scans the frames of RFC 6455, section 5.2, for the end of a frame.
type frames struct {
	head   []byte // of the frame under way, as far as it has come
	left   uint64 // of its payload
	closed bool   // a close frame was seen, which is the last one
}

func (f *frames) between() bool { return len(f.head) == 0 && f.left == 0 }

// pass scans p, only up to the end of the next frame if stop is set, and returns the number of
// bytes scanned.
func (f *frames) pass(p []byte, stop bool) int {
	for i := 0; i < len(p); {
		if f.left > 0 {
			n := min(f.left, uint64(len(p)-i))
			f.left -= n
			i += int(n)
		} else {
			f.head = append(f.head, p[i])
			i++
			f.begin()
		}
		if stop && f.between() {
			return i
		}
	}
	return len(p)
}

// begin checks whether the head is complete, and then parses it.
func (f *frames) begin() {
	if len(f.head) < 2 {
		return
	}
	size, length := 2, uint64(f.head[1]&0x7f)
	switch length {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	extended := size
	if f.head[1]&0x80 != 0 {
		size += 4 // the mask
	}
	if len(f.head) < size {
		return
	}
	switch length {
	case 126:
		length = uint64(binary.BigEndian.Uint16(f.head[2:extended]))
	case 127:
		length = binary.BigEndian.Uint64(f.head[2:extended])
	}
	f.closed = f.closed || f.head[0]&0x0f == 8
	f.head, f.left = f.head[:0], length
}
