package eventx

import (
	"encoding/xml"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// winEvent is an event as EvtRender returns it (Microsoft, "Event Schema").
type winEvent struct {
	System struct {
		Provider struct {
			Name string `xml:"Name,attr"`
		}
		EventID     uint32
		Level       uint8
		Task        uint32
		TimeCreated struct {
			SystemTime time.Time `xml:"SystemTime,attr"`
		}
		EventRecordID uint64
		Execution     struct {
			ProcessID int `xml:"ProcessID,attr"`
		}
		Channel  string
		Computer string
	}
	Data []string `xml:"EventData>Data"`
}

// parseWinEvent makes a record of an event's XML. An event of this package has
// its text in the one insertion string, or in the first of nine; of others the
// insertion strings are the message, for its text is in another file.
func parseWinEvent(text string) (Record, error) {
	var e winEvent
	if err := xml.Unmarshal([]byte(strings.Map(legalXML, text)), &e); err != nil {
		return Record{}, fmt.Errorf("event %.200q: %w", text, err)
	}
	s := &e.System
	r := Record{
		Time: s.TimeCreated.SystemTime, Level: slog.LevelInfo, Source: s.Provider.Name, ID: uint16(s.EventID), Category: uint16(s.Task),
		Host: s.Computer, PID: s.Execution.ProcessID, Bookmark: bookmark(s.Channel, s.EventRecordID),
	}
	switch s.Level {
	case 1, 2:
		r.Level = slog.LevelError
	case 3:
		r.Level = slog.LevelWarn
	}
	data := e.Data
	if r.ID == oemID && len(data) == oemCount { // of a source that was not registered
		r.ID, data = DefaultID, data[:1]
	}
	r.Message, r.Attrs = splitEventText(strings.Join(data, "\n"))
	if n := len(r.Attrs); n > 0 && r.Attrs[n-1].Key == "event_id" && r.ID == DefaultID {
		if id, err := strconv.ParseUint(r.Attrs[n-1].Value.String(), 10, 16); err == nil {
			r.ID, r.Attrs = uint16(id), r.Attrs[:n-1]
		}
	}
	return r, nil
}

// legalXML replaces what EvtRender lets through though XML forbids it: other
// programs' events can have control characters.
func legalXML(r rune) rune {
	if r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r
}

// splitEventText takes apart what appendEventText has put together, less what
// AppendInsert did to it.
func splitEventText(text string) (message string, attrs []slog.Attr) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "%\u200B", "%")
	lines := strings.Split(text, "\n")
	n := 1
	for n < len(lines) && !isAttrLine(lines[n]) {
		n++
	}
	message = strings.Join(lines[:n], "\n")
	for lines = lines[n:]; len(lines) > 0; lines = lines[n:] {
		n = 1
		for n < len(lines) && !isAttrLine(lines[n]) {
			n++
		}
		key, value, _ := strings.Cut(lines[0], "=")
		for _, line := range lines[1:n] {
			value += "\n" + strings.TrimPrefix(line, "  ")
		}
		attrs = append(attrs, slog.String(key, value))
	}
	return message, attrs
}

// isAttrLine says whether line is an attribute's first.
func isAttrLine(line string) bool {
	key, _, ok := strings.Cut(line, "=")
	return ok && string(appendKey(nil, key)) == key
}

// bookmark is "Application/4711". The numbers of a log's records only rise,
// even when it is cleared.
func bookmark(log string, record uint64) string { return fmt.Sprintf("%s/%d", log, record) }

// afterTerm is the comparison for a bookmark.
func (f Filter) afterTerm() (string, error) {
	if f.After == "" {
		return "", nil
	}
	i := strings.LastIndexByte(f.After, '/')
	n, err := strconv.ParseUint(f.After[i+1:], 10, 64)
	if i < 0 || err != nil {
		return "", fmt.Errorf("eventx: %q is no bookmark of the Windows Event Log", f.After)
	}
	return fmt.Sprintf("EventRecordID > %d", n), nil
}
