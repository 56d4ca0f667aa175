package journal

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

const (
	maxJournalName = 64
	journalPrefix  = "ATTR_"
)

// journalNames converts the attributes' keys of an event to names that journald accepts: at most 64
// of [A-Z0-9_], beginning with a letter. journald drops fields with other names.
type journalNames struct {
	e    *queue.Entry
	used []journalName
	odd  bool   // one of them is not its key in upper case
	keys []byte // those keys: " NAME=key NAME=key"
}

type journalName struct {
	name  string
	field int
}

// append appends the name of the attribute with that index. Different keys have different names.
func (n *journalNames) append(dst []byte, field int) []byte {
	key := n.e.Key(n.e.Fields[field])
	start := len(dst)
	dst = appendJournalName(dst, key)
	odd := !bytes.Equal(bytes.ToLower(dst[start:]), key)
	if odd && !n.odd {
		n.odd = true
		for i := range field { // names that were not noted down so far
			plain := n.e.Key(n.e.Fields[i])
			n.used = append(n.used, journalName{string(bytes.ToUpper(plain)), i})
		}
	}
	if !n.odd {
		return dst
	}
	full := len(dst)
	for i := 2; n.taken(dst[start:], key); i++ {
		suffix := "_" + strconv.Itoa(i)
		dst = append(dst[:min(full, start+maxJournalName-len(suffix))], suffix...)
		odd = true
	}
	n.used = append(n.used, journalName{string(dst[start:]), field})
	if odd {
		n.keys = append(append(append(n.keys, ' '), dst[start:]...), '=')
		n.keys = quote.AppendQuoted(n.keys, key)
	}
	return dst
}

// taken reports whether another key has the name.
func (n *journalNames) taken(name, key []byte) bool {
	return slices.ContainsFunc(n.used, func(u journalName) bool {
		return u.name == string(name) && !bytes.Equal(n.e.Key(n.e.Fields[u.field]), key)
	})
}

// appendJournalName converts a key to a field name. A non-ASCII character becomes its number, such
// as U7528, and other invalid characters become "_".
func appendJournalName(dst, key []byte) []byte {
	start := len(dst)
	for _, r := range string(bytes.TrimLeft(key, "_")) {
		switch {
		case 'a' <= r && r <= 'z':
			dst = append(dst, byte(r)-'a'+'A')
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			dst = append(dst, byte(r))
		case r < utf8.RuneSelf:
			dst = append(dst, '_')
		default:
			if n := len(dst); n > start && dst[n-1] != '_' {
				dst = append(dst, '_')
			}
			dst = fmt.Appendf(dst, "U%04X", r)
		}
	}
	if name := dst[start:]; len(name) == 0 || name[0] < 'A' || slices.Contains(journalFields, string(name)) || name[0] == '_' {
		dst = slices.Insert(dst, start, []byte(journalPrefix)...)
	}
	if len(dst)-start > maxJournalName { // keep names distinct despite the cut
		h := fnv.New32a()
		h.Write(key)
		dst = fmt.Appendf(dst[:start+maxJournalName-9], "_%08X", h.Sum32())
	}
	return dst
}

// journalKeys parses fieldKeys as written by journalNames.
func journalKeys(text string) map[string]string {
	keys := make(map[string]string)
	for text != "" {
		name, rest, ok := strings.Cut(strings.TrimLeft(text, " "), "=")
		if !ok {
			break
		}
		if quoted, err := strconv.QuotedPrefix(rest); err == nil && rest[0] == '"' {
			keys[name], _ = strconv.Unquote(quoted)
			text = rest[len(quoted):]
			continue
		}
		keys[name], text, _ = strings.Cut(rest, " ")
	}
	return keys
}
