package journal

import (
	"cmp"
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Args returns the arguments that make journalctl print the entries that f selects.
func Args(f reading.Filter) []string {
	args := []string{"--output=json", "--all", "--no-pager", "--quiet"} // without --all, long fields are null
	if namespace := cmp.Or(f.Namespace, os.Getenv("LOG_NAMESPACE")); namespace != "" {
		args = append(args, "--namespace="+namespace)
	}
	if f.MinLevel > slog.LevelInfo { // up to there, entries that have no priority belong to it
		args = append(args, "--priority="+strconv.Itoa(queue.Priority(f.MinLevel))) // and all above
	}
	if !f.Since.IsZero() {
		args = append(args, "--since=@"+strconv.FormatInt(f.Since.Unix(), 10))
	}
	if f.After != "" {
		args = append(args, "--after-cursor="+f.After)
	}
	if f.Follow {
		args = append(args, "--follow", "--no-tail")
	}
	// Matches of one field are alternatives, those of different fields must all be true.
	for _, name := range f.Sources {
		args = append(args, "SYSLOG_IDENTIFIER="+name)
	}
	for _, id := range f.IDs {
		args = append(args, "EVENT_ID="+strconv.Itoa(int(id)))
	}
	return args
}

// journalEntry is one object of journalctl's JSON. A field is a string, a list of bytes if it is
// not printable text, a list of these if it was given several times, or null if it is too large
// (systemd, "Journal JSON Format").
type journalEntry map[string]json.RawMessage

// record converts an entry of any program to a Record. Fields that are missing or have another form
// stay empty.
func (e journalEntry) record() reading.Record {
	r := reading.Record{
		Level: levelOf(e.text("PRIORITY")), Source: e.source(), Message: e.text("MESSAGE"), ID: e.number("EVENT_ID"), Category: e.number("EVENT_CATEGORY"),
		Host: e.text("_HOSTNAME"), Bookmark: e.text("__CURSOR"), Time: e.time(),
	}
	r.PID, _ = strconv.Atoi(cmp.Or(e.text("_PID"), e.text("SYSLOG_PID")))
	plain := func(s string) string { return s }
	if e.text(fieldQuoted) == "1" {
		plain = quote.Showable
	}
	r.Message = plain(r.Message)
	keys := journalKeys(e.text(fieldKeys))
	for name := range e {
		if strings.HasPrefix(name, "_") || slices.Contains(journalFields, name) {
			continue
		}
		key, ok := keys[name]
		if !ok {
			key = strings.ToLower(name)
		}
		for _, value := range e.texts(name) {
			r.Attrs = append(r.Attrs, slog.String(key, plain(value)))
		}
	}
	slices.SortStableFunc(r.Attrs, func(a, b slog.Attr) int { return strings.Compare(a.Key, b.Key) })
	if file := e.text("CODE_FILE"); file != "" {
		if line := e.text("CODE_LINE"); line != "" {
			file += ":" + line
		}
		r.Attrs = append(r.Attrs, slog.String("source", file))
	}
	return r
}

// source returns the source of the entry, which programs that use the native protocol need not
// specify.
func (e journalEntry) source() string {
	return cmp.Or(e.text("SYSLOG_IDENTIFIER"), e.text("_COMM"), e.text("_SYSTEMD_UNIT"))
}

// time returns the time of the event if its writer has specified it, or else the time at which
// journald received it.
func (e journalEntry) time() time.Time {
	if t, err := time.Parse(time.RFC3339Nano, e.text(fieldTime)); err == nil {
		return t
	}
	usec, err := strconv.ParseInt(e.text("__REALTIME_TIMESTAMP"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(usec)
}

// text returns the field's first value.
func (e journalEntry) text(name string) string {
	if all := e.texts(name); len(all) > 0 {
		return all[0]
	}
	return ""
}

func (e journalEntry) number(name string) uint16 {
	n, _ := strconv.ParseUint(e.text(name), 10, 16)
	return uint16(n)
}

func (e journalEntry) texts(name string) []string {
	raw, ok := e[name]
	if !ok {
		return nil
	}
	if s, ok := fieldText(raw); ok {
		return []string{s}
	}
	var values []json.RawMessage
	if json.Unmarshal(raw, &values) != nil {
		return nil
	}
	var all []string
	for _, v := range values {
		if s, ok := fieldText(v); ok {
			all = append(all, s)
		}
	}
	return all
}

// fieldText decodes a string or a list of bytes.
func fieldText(raw json.RawMessage) (text string, ok bool) {
	if len(raw) > 0 && raw[0] == '"' {
		return text, json.Unmarshal(raw, &text) == nil
	}
	var list []uint16 // a []byte would be base64
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &list) != nil {
		return "", false
	}
	bytes := make([]byte, len(list))
	for i, b := range list {
		bytes[i] = byte(b)
	}
	return string(bytes), true
}

// levelOf returns the level of a syslog priority.
func levelOf(priority string) slog.Level {
	switch priority {
	case "0", "1", "2", "3":
		return slog.LevelError
	case "4":
		return slog.LevelWarn
	case "7":
		return slog.LevelDebug
	}
	return slog.LevelInfo
}
