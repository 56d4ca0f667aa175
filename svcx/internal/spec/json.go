package spec

import (
	"fmt"
	"strings"
)

// JSONString returns s as a JSON string. encoding/json would double what this package adds to a
// binary.
func JSONString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == '\u2028' || r == '\u2029':
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// JSONStrings returns list as a JSON array.
func JSONStrings(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = JSONString(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
