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
	Limit          = 8 << 10 // what rsyslog and syslog-ng read of one message by default
)

// Append appends e as a message of the local syslog of at most limit bytes, in the form of RFC 3164
// without the host, which is one line with the attributes behind the message.
func Append(dst []byte, e *queue.Entry, source string, pid, limit int) (msg []byte, cut bool) {
	start := len(dst)
	t := e.Time
	if t.IsZero() {
		t = time.Now()
	}
	dst = strconv.AppendInt(append(dst, '<'), int64(facilityDaemon|queue.Priority(e.Level)), 10)
	dst = t.Local().AppendFormat(append(dst, '>'), time.Stamp) // the form has no zone: all take it for local
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

// Open connects to the local syslog at one of the paths. It usually takes datagrams, but with
// syslog-ng it may have a stream.
func Open(paths []string, source string) (queue.Sink, error) { return open(paths, source) }
