// Package eventlog writes events to the Windows Event Log, reads them back, and registers their
// sources. Windows' rules are functions that work on every system; the system calls are in the
// Windows files.
package eventlog

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// TextBudget is the maximum length of an event's text in UTF-16 units. 31,839 are documented
// (Microsoft, "ReportEventW"), but some systems reject events above about 31,700, less the names of
// source and computer (github.com/serilog/serilog-sinks-eventlog pull request 41).
const TextBudget = 31_000

// MaxText is the maximum size of a queued event's text in bytes. A UTF-16 unit takes at most three
// bytes, so a longer text is still cut to the budget, and marked, when it is written.
const MaxText = 3*TextBudget + 64

// safeSize is a size that every system accepts.
const safeSize = 2000

// Types of events for ReportEventW.
const (
	typeError       = 1
	typeWarning     = 2
	typeInformation = 4
)

// Form is the form in which an event is readable in Event Viewer.
type Form uint8

const (
	// FormAny means that the source's message file has every ID, with the text as its one insertion
	// string.
	FormAny Form = iota
	// formLow means that the message file is EventCreate.exe, which only has the IDs 1–1000.
	formLow
	// FormOEM means that there is no message file, or that it is netmsg.dll, which has
	// NELOG_OEM_Code. That event of Windows, which consists of nine insertion strings, is shown
	// without a message file (lmerrlog.h; golang.org/issue/59780).
	FormOEM
)

const (
	maxLowID = 1000
	oemID    = 3299
	oemCount = 9 // with fewer insertion strings, placeholders would be visible
)

// ReportFunc is ReportEventW for one source. It receives the type, category and ID of an event, and
// its insertion strings, which are NUL-terminated and valid only during the call.
type ReportFunc func(kind, category uint16, id uint32, inserts []*uint16) error

// Log writes to the Windows Event Log.
type Log struct {
	Report  ReportFunc
	release func() error // releases report's resources; may be nil
	Form    Form

	text    []uint16 // scratch
	utf8    []byte
	inserts [oemCount]*uint16
	none    [1]uint16 // an empty insertion string
}

func (l *Log) Write(e *queue.Entry) (cut bool, err error) {
	l.utf8 = appendEventText(queue.Scratch(l.utf8), e, l.Form, false)
	cut, err = l.send(e, TextBudget)
	if err == nil {
		return cut, nil
	}
	if !gone(err) && len(l.text) > safeSize {
		// The size is probably wrong, and half of an event is better than nothing.
		cut, err = l.send(e, min(len(l.text), TextBudget)/2)
	}
	if gone(err) {
		err = queue.Lost(err)
	}
	return cut, err
}

func (l *Log) send(e *queue.Entry, budget int) (cut bool, err error) {
	text, left, replaced := msgtable.AppendCut(l.text[:0], l.utf8, budget, e.Left)
	if replaced { // unshowable text is quoted instead
		l.utf8 = appendEventText(queue.Scratch(l.utf8), e, l.Form, true)
		text, left, _ = msgtable.AppendCut(text[:0], l.utf8, budget, e.Left)
	}
	l.text = append(text, 0)
	l.inserts[0] = &l.text[0]
	n := 1
	if l.Form == FormOEM {
		for n < oemCount {
			l.inserts[n] = &l.none[0]
			n++
		}
	}
	return left > 0, l.Report(eventType(e), e.Category, uint32(shownID(e, l.Form)), l.inserts[:n])
}

func (l *Log) Close() error {
	if l.release == nil {
		return nil
	}
	return l.release()
}

func eventType(e *queue.Entry) uint16 {
	switch queue.SeverityOf(e.Level) {
	case queue.SevError:
		return typeError
	case queue.SevWarn:
		return typeWarning
	}
	return typeInformation
}

// shownID returns the ID under which e is logged.
func shownID(e *queue.Entry, f Form) uint16 {
	id := e.EventID()
	switch {
	case f == FormOEM:
		return oemID
	case f == formLow && (id == 0 || id > maxLowID):
		return queue.DefaultID
	}
	return id
}

// appendEventText appends e as Event Viewer shows it: the message, then each attribute on a
// separate line. The lines of a multi-line value are indented, and so are lines of a message that
// could be taken for an attribute. An ID that the log can't represent becomes an attribute, and so
// does the time of a late event. If check is set, every part is checked for text that can't be
// shown.
func appendEventText(dst []byte, e *queue.Entry, f Form, check bool) []byte {
	message := e.Message()
	if !check && !e.Multiline && !e.Odd && !quote.HasLineEnd(message) && (len(message) == 0 || message[0] != '"') {
		dst = append(dst, e.Buf...)
	} else {
		dst = appendLines(dst, message, likeAttr)
		for _, field := range e.Fields {
			dst = append(appendKey(append(dst, '\n'), e.Key(field)), '=')
			dst = appendLines(dst, e.Value(field), func([]byte) bool { return true })
		}
	}
	if e.Source != nil {
		dst = append(append(dst, "\nsource="...), e.Source.File...)
		dst = strconv.AppendInt(append(dst, ':'), int64(e.Source.Line), 10)
	}
	if e.Late {
		dst = queue.AppendLateTime(append(dst, "\n"+queue.TimeKey+"="...), e)
	}
	if e.HasID && shownID(e, f) != e.ID {
		dst = strconv.AppendUint(append(dst, "\n"+queue.IDKey+"="...), uint64(e.ID), 10)
	}
	return dst
}

// appendKey appends a key, in quotes if it needs them or equals one of the package's own keys,
// which are written without quotes.
func appendKey(dst, key []byte) []byte {
	if queue.IsOwnKey(string(key)) {
		return strconv.AppendQuote(dst, string(key))
	}
	return quote.AppendQuoted(dst, key)
}

// appendLines appends text, quoted if necessary. It indents the lines, other than the first, for
// which indent returns true.
func appendLines(dst, text []byte, indent func(line []byte) bool) []byte {
	if quote.MustQuote(text) {
		text = quote.AppendShowable(nil, text)
	}
	for {
		end := bytes.IndexAny(text, "\r\n")
		if end < 0 {
			return append(dst, text...)
		}
		if text[end] == '\r' && end+1 < len(text) && text[end+1] == '\n' {
			end++
		}
		dst = append(dst, text[:end+1]...)
		text = text[end+1:]
		if indent(text) {
			dst = append(dst, indentation...)
		}
	}
}

const indentation = "  "

// likeAttr reports whether the first line of text could be taken for an attribute, or for a line
// that was indented for that reason.
func likeAttr(text []byte) bool {
	if end := bytes.IndexAny(text, "\r\n"); end >= 0 {
		text = text[:end]
	}
	_, _, ok := cutAttr(strings.TrimLeft(string(text), " "))
	return ok
}

// cutAttr splits the first line of an attribute. The key is as written by appendKey.
func cutAttr(line string) (key, value string, ok bool) {
	if quoted, err := strconv.QuotedPrefix(line); err == nil && line[0] == '"' {
		key, err = strconv.Unquote(quoted)
		value, ok = strings.CutPrefix(line[len(quoted):], "=")
		return key, value, ok && err == nil && (quote.NeedsQuotes([]byte(key)) || queue.IsOwnKey(key))
	}
	key, value, ok = strings.Cut(line, "=")
	return key, value, ok && !quote.NeedsQuotes([]byte(key))
}

// Errors after which the log has to be opened again, by their names in winerror.h.
const (
	errorAccessDenied          = syscall.Errno(5)
	errorInvalidHandle         = syscall.Errno(6)
	errorEventLogFileCorrupt   = syscall.Errno(1500)
	errorEventLogCantStart     = syscall.Errno(1501)
	errorLogFileFull           = syscall.Errno(1502)
	errorEventLogFileChanged   = syscall.Errno(1503)
	rpcUnknownInterface        = syscall.Errno(1717)
	rpcServerUnavailable       = syscall.Errno(1722)
	rpcServerTooBusy           = syscall.Errno(1723)
	rpcCallFailed              = syscall.Errno(1726)
	rpcCallFailedDidNotExecute = syscall.Errno(1727)
	rpcEndpointNotFound        = syscall.Errno(1753)
)

// gone reports whether err is about the log and not about the event: the log is full, its service
// is down, this account may not write to it, or the system has no log, as in a container
// (github.com/dotnet/runtime issue 73303).
func gone(err error) bool {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch errno {
	case errorAccessDenied, errorInvalidHandle, errorEventLogFileCorrupt, errorEventLogCantStart, errorLogFileFull, errorEventLogFileChanged,
		rpcUnknownInterface, rpcServerUnavailable, rpcServerTooBusy, rpcCallFailed, rpcCallFailedDidNotExecute, rpcEndpointNotFound:
		return true
	}
	return false
}
