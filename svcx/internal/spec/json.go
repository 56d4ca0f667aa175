package spec

import (
	"fmt"
	"strings"
)

// JSONString returns s as a JSON string. Using encoding/json would double the size that this
// package adds to a binary.
func JSONString(s string) string {
	b := []byte{'"'}
	for _, r := range s {
		format := "%c"
		switch {
		case r == '"' || r == '\\':
			format = `\%c`
		case r < ' ' || r == '\u2028' || r == '\u2029':
			format = `\u%04x`
		}
		b = fmt.Appendf(b, format, r)
	}
	return string(append(b, '"'))
}

// JSONStrings returns list as a JSON array.
func JSONStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = JSONString(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
