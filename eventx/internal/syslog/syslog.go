// Package syslog writes events to the local syslog.
package syslog

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

const (
	facilityDaemon = 3 << 3
	Limit          = 8 << 10 // the default maximum message size of rsyslog and syslog-ng
)

// Append appends e as a local syslog message of at most limit bytes, in the format of RFC 3164
// without the host: one line with the attributes after the message.
func Append(dst []byte, e *queue.Entry, source string, pid, limit int) (msg []byte, cut bool) {
	start := len(dst)
	t := e.Time
	if t.IsZero() {
		t = time.Now()
	}
	dst = strconv.AppendInt(append(dst, '<'), int64(facilityDaemon|queue.Priority(e.Level)), 10)
	dst = t.Local().AppendFormat(append(dst, '>'), time.Stamp) // the format has no time zone; it is taken as local time
	dst = append(dst, ' ')
	for _, r := range source { // a tag ends at the first of these
		if r <= ' ' || r == ':' || r == '[' {
			r = '_'
		}
		dst = utf8.AppendRune(dst, r)
	}
	dst = strconv.AppendInt(append(dst, '['), int64(pid), 10)
	dst = append(dst, "]: "...)
	if message := e.Message(); quote.MustQuote(message) {
		dst = strconv.AppendQuote(dst, string(message))
	} else {
		dst = quote.AppendOneLine(dst, message)
	}
	if e.Source != nil {
		dst = append(append(dst, " source="...), e.Source.File...)
		dst = strconv.AppendInt(append(dst, ':'), int64(e.Source.Line), 10)
	}
	if e.HasID {
		dst = strconv.AppendUint(append(dst, " event_id="...), uint64(e.ID), 10)
	}
	dst = queue.AppendPairs(dst, e)
	if len(dst)-start <= limit {
		return dst, false
	}
	const room = len("…[+18446744073709551615]")
	end := start + limit - room
	for !utf8.RuneStart(dst[end]) {
		end--
	}
	return quote.AppendMark(dst[:end], utf8.RuneCount(dst[end:])), true
}

// Open connects to the local syslog at one of the paths. The socket is usually a datagram socket,
// but with syslog-ng it may be a stream.
func Open(paths []string, source string) (queue.Sink, error) { return open(paths, source) }
