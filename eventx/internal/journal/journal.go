// Package journal writes events to systemd's journal in its native protocol, and reads them back
// through journalctl.
package journal

import (
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

// journalNamespace is the namespace of this package's message IDs, itself a UUID of version 5: of
// https://github.com/surefoot-go/surefoot/eventx in the namespace of URLs.
var journalNamespace = [16]byte{0xa4, 0x0d, 0x2d, 0xd2, 0x56, 0xc3, 0x5d, 0xf9, 0x89, 0x00, 0xd5, 0xab, 0x8a, 0x12, 0xf6, 0x47}

// Open connects to journald's socket at path.
func Open(path, source string) (queue.Sink, error) { return open(path, source) }

// MessageID returns the MESSAGE_ID of a source's event: a version 5 UUID (RFC 9562) of source, NUL
// and the decimal ID, which is always the same.
func MessageID(source string, id uint16) string {
	h := sha1.New()
	h.Write(journalNamespace[:])
	h.Write([]byte(source))
	h.Write(strconv.AppendUint([]byte{0}, uint64(id), 10))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	return hex.EncodeToString(u)
}

// journalFields lists the fields that appendJournal writes itself. An attribute of the same name
// gets a prefix, so that it can't be mistaken for one of them.
var journalFields = []string{"MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "SYSLOG_PID", "SYSLOG_TIMESTAMP",
	"SYSLOG_RAW", "CODE_FILE", "CODE_LINE", "CODE_FUNC", "EVENT_ID", "EVENT_CATEGORY", fieldTime, fieldKeys, fieldQuoted}

const (
	fieldTime   = "EVENT_TIME"   // of an event that was written late
	fieldKeys   = "EVENT_KEYS"   // the keys that are not their field's name in lower case: NAME=key NAME="a key"
	fieldQuoted = "EVENT_QUOTED" // 1: values that can't be shown are quoted
)

// appendJournal appends e in journald's native protocol (systemd, "Native Journal Protocol"). An
// event with an ID gets EVENT_ID, for filtering, and MESSAGE_ID, which msgID returns.
func appendJournal(dst []byte, e *queue.Entry, source string, msgID func(id uint16) string) []byte {
	dst, quoted := appendJournalField(dst, "MESSAGE", e.Message())
	dst = append(dst, "PRIORITY="...)
	dst = append(strconv.AppendInt(dst, int64(queue.Priority(e.Level)), 10), '\n')
	dst = append(append(append(dst, "SYSLOG_IDENTIFIER="...), source...), '\n')
	if e.HasID {
		dst = append(dst, "EVENT_ID="...)
		dst = append(strconv.AppendUint(dst, uint64(e.ID), 10), '\n')
		dst = append(append(append(dst, "MESSAGE_ID="...), msgID(e.ID)...), '\n')
	}
	if e.Category != 0 {
		dst = append(dst, "EVENT_CATEGORY="...)
		dst = append(strconv.AppendUint(dst, uint64(e.Category), 10), '\n')
	}
	if e.Source != nil {
		dst, _ = appendJournalField(dst, "CODE_FILE", []byte(e.Source.File))
		dst = append(dst, "CODE_LINE="...)
		dst = append(strconv.AppendInt(dst, int64(e.Source.Line), 10), '\n')
		dst, _ = appendJournalField(dst, "CODE_FUNC", []byte(e.Source.Function))
	}
	if e.Late {
		dst = append(queue.AppendLateTime(append(dst, fieldTime+"="...), e), '\n')
	}
	names := journalNames{e: e}
	for i, f := range e.Fields {
		start := len(dst)
		dst = names.append(dst, i)
		var q bool
		dst, q = appendJournalValue(dst, start, e.Value(f))
		quoted = quoted || q
	}
	if len(names.keys) > 0 {
		dst = append(append(append(dst, fieldKeys+"="...), names.keys[1:]...), '\n')
	}
	if quoted {
		dst = append(dst, fieldQuoted+"=1\n"...)
	}
	return dst
}

func appendJournalField(dst []byte, key string, value []byte) (field []byte, quoted bool) {
	start := len(dst)
	return appendJournalValue(append(dst, key...), start, value)
}

// appendJournalValue completes the field whose name begins at start. A value with a newline is
// written with its length, because after '=' the next line would be a separate field. A value that
// journalctl would show as "blob data" is quoted.
func appendJournalValue(dst []byte, start int, value []byte) (field []byte, quoted bool) {
	if quoted = quote.MustQuote(value); quoted {
		value = quote.AppendShowable(nil, value)
	}
	if !quote.HasLineEnd(value) {
		dst = append(dst, '=')
		return append(append(dst, value...), '\n'), quoted
	}
	dst = append(dst, '\n')
	size := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	for i, b := range value { // CRLF and CR are LF here
		switch {
		case b != '\r':
			dst = append(dst, b)
		case i+1 == len(value) || value[i+1] != '\n':
			dst = append(dst, '\n')
		}
	}
	binary.LittleEndian.PutUint64(dst[size:], uint64(len(dst)-size-8))
	return append(dst, '\n'), quoted
}
