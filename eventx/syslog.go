package eventx

import (
	"strconv"
	"time"
	"unicode/utf8"
)

const (
	facilityDaemon = 3 << 3
	syslogLimit    = 8 << 10 // what rsyslog and syslog-ng read of one message by default
)

// appendSyslog appends e as a message of the local syslog of at most limit bytes, in the form of RFC
// 3164 without the host, which is one line with the attributes behind the message.
func appendSyslog(dst []byte, e *entry, source string, pid, limit int) (msg []byte, cut bool) {
	start := len(dst)
	t := e.time
	if t.IsZero() {
		t = time.Now()
	}
	dst = strconv.AppendInt(append(dst, '<'), int64(facilityDaemon|priority(e.level)), 10)
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
	if message := e.message(); mustQuote(message) {
		dst = strconv.AppendQuote(dst, string(message))
	} else {
		dst = appendOneLine(dst, message)
	}
	if e.source != nil {
		dst = append(append(dst, " source="...), e.source.File...)
		dst = strconv.AppendInt(append(dst, ':'), int64(e.source.Line), 10)
	}
	if e.hasID {
		dst = strconv.AppendUint(append(dst, " event_id="...), uint64(e.id), 10)
	}
	dst = appendPairs(dst, e)
	if len(dst)-start <= limit {
		return dst, false
	}
	const room = len("…[+18446744073709551615]")
	end := start + limit - room
	for !utf8.RuneStart(dst[end]) {
		end--
	}
	return appendMark(dst[:end], utf8.RuneCount(dst[end:])), true
}
