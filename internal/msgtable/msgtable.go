// Package msgtable creates message files for the Windows Event Log, and text that is safe to insert
// into their messages.
//
// A message file is a DLL without code that holds a message table: for each event ID a text, in
// which %1 stands for the first insertion string of the event. Microsoft's tools make one with mc,
// rc and link; this package writes the same bytes on every system.
package msgtable

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Table is a message table.
type Table struct {
	// Texts are messages by ID, in the syntax of message tables: see Template.
	Texts map[uint16]string

	// Rest is the message of every ID that Texts lacks, up to 65535. Empty: they have none.
	Rest string
}

// Template returns s in the syntax of message tables, in which it is shown as it is; only a "%1"
// that no digit follows stays the event's first insertion string. It reports whether there is one.
func Template(s string) (message string, inserts bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch rest := s[i:]; {
		case !strings.HasPrefix(rest, "%"):
			b.WriteByte(s[i])
		case !strings.HasPrefix(rest, "%1") || len(rest) > 2 && '0' <= rest[2] && rest[2] <= '9':
			b.WriteString("%%")
		default:
			inserts = true
			b.WriteString("%1")
			i++
			if strings.HasPrefix(rest, "%1!") { // would begin a format, as %1!d! does
				b.WriteString("%!")
				i++
			}
		}
	}
	return b.String(), inserts
}

// runLength is how many entries of Rest there are. All blocks share them: a table of 65,536
// messages takes 17 KB.
const runLength = 1024

// block is a MESSAGE_RESOURCE_BLOCK: the messages first to last, one behind the other from offset
// on.
type block struct{ first, last, offset uint32 }

// encode returns the table as Windows reads it: MESSAGE_RESOURCE_DATA with its blocks in ascending
// order, and the entries.
func (t Table) encode() ([]byte, error) {
	ids := slices.Sorted(maps.Keys(t.Texts))
	blocks := t.blocks(ids)
	base := uint32(4 + 12*len(blocks))

	var run, own []byte
	if t.Rest != "" {
		entry, err := encodeEntry(t.Rest)
		if err != nil {
			return nil, fmt.Errorf("msgtable: the message of all other IDs: %w", err)
		}
		run = slices.Repeat(entry, runLength)
	}
	offsets := make(map[uint16]uint32, len(ids))
	for _, id := range ids {
		entry, err := encodeEntry(t.Texts[id])
		if err != nil {
			return nil, fmt.Errorf("msgtable: message %d: %w", id, err)
		}
		offsets[id] = base + uint32(len(run)+len(own))
		own = append(own, entry...)
	}

	data := binary.LittleEndian.AppendUint32(nil, uint32(len(blocks)))
	for _, b := range blocks {
		var ok bool
		if b.offset, ok = offsets[uint16(b.first)]; !ok {
			b.offset = base
		}
		for _, v := range []uint32{b.first, b.last, b.offset} {
			data = binary.LittleEndian.AppendUint32(data, v)
		}
	}
	return slices.Concat(data, run, own), nil
}

// blocks returns the blocks, still without offsets: a run of IDs that have texts is one, what lies
// between such runs is split for runLength.
func (t Table) blocks(ids []uint16) (blocks []block) {
	next := uint32(0) // the first ID that is in no block yet
	rest := func(end uint32) {
		for t.Rest != "" && next < end {
			last := min(next+runLength, end) - 1
			blocks = append(blocks, block{first: next, last: last})
			next = last + 1
		}
	}
	for i, id16 := range ids {
		id := uint32(id16)
		if i > 0 && id == uint32(ids[i-1])+1 {
			blocks[len(blocks)-1].last = id
		} else {
			rest(id)
			blocks = append(blocks, block{first: id, last: id})
		}
		next = id + 1
	}
	rest(math.MaxUint16 + 1)
	return blocks
}

// encodeEntry returns a MESSAGE_RESOURCE_ENTRY: its own length, the flag for Unicode, and the text,
// which ends in a line end and a NUL.
func encodeEntry(text string) ([]byte, error) {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return nil, fmt.Errorf("%.40q is not text: it has a NUL or broken UTF-8", text)
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	units := utf16.Encode([]rune(text + "\r\n\x00"))
	size := (4 + 2*len(units) + 3) &^ 3
	if size > math.MaxUint16 {
		return nil, fmt.Errorf("its %d UTF-16 units are more than the format's 32,763", len(units))
	}
	entry := binary.LittleEndian.AppendUint16(nil, uint16(size))
	entry = binary.LittleEndian.AppendUint16(entry, 1)
	for _, u := range units {
		entry = binary.LittleEndian.AppendUint16(entry, u)
	}
	return append(entry, make([]byte, size-len(entry))...), nil
}
