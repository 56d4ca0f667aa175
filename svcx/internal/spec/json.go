package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// JSONString returns s as a JSON string. encoding/json would double what this package adds to a
// binary.
func JSONString(s string) string {
	b := []byte{'"'}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ' || r == '\u2028' || r == '\u2029':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
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
