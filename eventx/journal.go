package eventx

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"unicode/utf8"
)

// journalNamespace is the namespace of this package's message IDs, itself a
// UUID of version 5: of https://github.com/surefoot-go/surefoot/eventx in the
// namespace of URLs.
var journalNamespace = [16]byte{0xa4, 0x0d, 0x2d, 0xd2, 0x56, 0xc3, 0x5d, 0xf9, 0x89, 0x00, 0xd5, 0xab, 0x8a, 0x12, 0xf6, 0x47}

// messageID is the MESSAGE_ID of a source's event: always the same 128 bits, a
// UUID of version 5 (RFC 9562) over source, NUL and the decimal ID.
func messageID(source string, id uint16) string {
	h := sha1.New()
	h.Write(journalNamespace[:])
	h.Write([]byte(source))
	h.Write(strconv.AppendUint([]byte{0}, uint64(id), 10))
	u := h.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x50
	u[8] = u[8]&0x3F | 0x80
	return hex.EncodeToString(u)
}

// journalFields are the fields that appendJournal writes itself. An attribute
// of the same name gets a prefix, lest it pass for one of them.
var journalFields = []string{"MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER", "SYSLOG_FACILITY", "SYSLOG_PID", "SYSLOG_TIMESTAMP",
	"CODE_FILE", "CODE_LINE", "CODE_FUNC", "EVENT_ID", "EVENT_CATEGORY"}

const (
	maxJournalKey = 64
	journalPrefix = "ATTR_"
)

// appendJournal appends e in journald's native protocol (systemd, "Native
// Journal Protocol"). An ID of its own makes EVENT_ID, by which it can be
// filtered, and MESSAGE_ID, which msgID gives.
func appendJournal(dst []byte, e *entry, source string, msgID func(id uint16) string) []byte {
	dst = appendJournalField(dst, "MESSAGE", e.message())
	dst = append(dst, "PRIORITY="...)
	dst = append(strconv.AppendInt(dst, int64(priority(e.level)), 10), '\n')
	dst = append(append(append(dst, "SYSLOG_IDENTIFIER="...), source...), '\n')
	if e.hasID {
		dst = append(dst, "EVENT_ID="...)
		dst = append(strconv.AppendUint(dst, uint64(e.id), 10), '\n')
		dst = append(append(append(dst, "MESSAGE_ID="...), msgID(e.id)...), '\n')
	}
	if e.category != 0 {
		dst = append(dst, "EVENT_CATEGORY="...)
		dst = append(strconv.AppendUint(dst, uint64(e.category), 10), '\n')
	}
	if e.source != nil {
		dst = appendJournalField(dst, "CODE_FILE", []byte(e.source.File))
		dst = append(dst, "CODE_LINE="...)
		dst = append(strconv.AppendInt(dst, int64(e.source.Line), 10), '\n')
		dst = appendJournalField(dst, "CODE_FUNC", []byte(e.source.Function))
	}
	for _, f := range e.fields {
		start := len(dst)
		dst = appendJournalKey(dst, e.key(f))
		dst = appendJournalValue(dst, start, e.value(f))
	}
	return dst
}

func appendJournalField(dst []byte, key string, value []byte) []byte {
	start := len(dst)
	return appendJournalValue(append(dst, key...), start, value)
}

// appendJournalValue completes the field whose key begins at start. A value
// with a newline is written with its length: after '=', the next line would be
// a field of its own.
func appendJournalValue(dst []byte, start int, value []byte) []byte {
	if !hasLineEnd(value) {
		dst = append(dst, '=')
		return append(appendReadable(dst, value), '\n')
	}
	dst = append(dst, '\n')
	size := len(dst)
	dst = append(dst, 0, 0, 0, 0, 0, 0, 0, 0)
	dst = appendReadable(dst, value)
	binary.LittleEndian.PutUint64(dst[size:], uint64(len(dst)-size-8))
	return append(dst, '\n')
}

// appendJournalKey makes a field's name of an attribute's key: [A-Z0-9_], at
// most 64, beginning with a letter. journald drops fields with any other.
func appendJournalKey(dst, key []byte) []byte {
	start := len(dst)
	key = bytes.TrimLeft(key, "_")
	if len(key) == 0 || key[0] < 'A' || key[0] > 'Z' && key[0] < 'a' || key[0] > 'z' {
		dst = append(dst, journalPrefix...)
	}
	for _, c := range key {
		switch {
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		default:
			c = '_'
		}
		dst = append(dst, c)
	}
	if slices.Contains(journalFields, string(dst[start:])) {
		dst = slices.Insert(dst, start, []byte(journalPrefix)...)
	}
	return dst[:min(len(dst), start+maxJournalKey)]
}

// appendReadable appends s without what would make journalctl show a field as
// "blob data": controls except tab and newline, and broken UTF-8.
func appendReadable(dst, s []byte) []byte {
	for len(s) > 0 {
		n := 0
		for n < len(s) && (s[n] >= ' ' && s[n] < 0x7F || s[n] == '\t' || s[n] == '\n') {
			n++
		}
		dst = append(dst, s[:n]...)
		if s = s[n:]; len(s) == 0 {
			break
		}
		r, size := utf8.DecodeRune(s)
		switch {
		case r == 0:
			dst = append(dst, "␀"...)
		case r == '\r' && len(s) > 1 && s[1] == '\n': // CRLF is LF here
		case r == '\r':
			dst = append(dst, '\n')
		case r < ' ' || r >= 0x7F && r < 0xA0:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = utf8.AppendRune(dst, r)
		}
		s = s[size:]
	}
	return dst
}
