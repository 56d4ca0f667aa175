package goroutine

import (
	"strconv"
	"strings"
)

// Label returns the value of a label, and whether it is there. A byte that is not UTF-8 is U+FFFD
// in what Go 1.26 writes.
func (g *Goroutine) Label(key string) (string, bool) { return Label(g.Labels, key) }

// Label looks for a label in a list as a stack trace or a profile shows them, without the braces:
//
//	"k": "v", "a b": ""     Go 1.26
//	k: v, "a b":            Go 1.27, which quotes what has other characters than a-zA-Z0-9./_
//	"k":"v", "a b":""       a profile
func Label(labels, key string) (string, bool) {
	for rest := labels; rest != ""; {
		var k, v string
		k, rest = word(rest, ":")
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, ":"), " ")
		v, rest = word(rest, ",")
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, ","), " ")
		if k == key {
			return v, true
		}
	}
	return "", false
}

// word cuts a word, quoted or not, off the front of s. An unquoted one ends before the end.
func word(s, end string) (w, rest string) {
	if q, err := strconv.QuotedPrefix(s); err == nil && q[0] == '"' {
		if w, err = strconv.Unquote(q); err == nil {
			return w, s[len(q):]
		}
	}
	if i := strings.Index(s, end); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}
