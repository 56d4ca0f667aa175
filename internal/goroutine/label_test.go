package goroutine

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestLabel(t *testing.T) {
	tests := []struct{ labels, want string }{
		{``, ""},
		{`"k": "12", "test": "T"`, "12"},
		{`"a":"b", "k":"12", "test":"T"`, "12"},
		{`a: b, k: 12, test: T`, "12"},
		{`a: b, k: "1 2", test: T`, "1 2"},
		{`"a":"\"k\":\"13\"", "k":"12"`, "12"},
		{`a: "k: 13", k: 12`, "12"},
		{`a: , k: 12`, "12"},
		{`"a":"\"k\":\"13\""`, ""},
		{`a: "x, k: 13"`, ""},
		{`"xk":"12"`, ""},
		{`xk: 12`, ""},
		{`k: `, ""},
		{`"k": "12`, `"12`}, // cut off
	}
	for _, tt := range tests {
		got, _ := Label(tt.labels, "k")
		assert.Equal(t, tt.want, got, tt.labels)
	}
}

// runtimeQuoted quotes as both releases' runtime does what is UTF-8 (printquoted).
func runtimeQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\\' || r == '"':
			b.WriteString(`\` + string(r))
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r < 127:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String() + `"`
}

// runtimeWord quotes as Go 1.27 does, only where it must.
func runtimeWord(s string) string {
	if strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789./_") == "" {
		return s
	}
	return runtimeQuoted(s)
}

func FuzzLabel(f *testing.F) {
	f.Add("k", "v", "other", "text")                                // words
	f.Add("k", "a}: {b]:", "brackets", "]: [x]:")                   // the header's own
	f.Add("", "", "k", "")                                          // nothing
	f.Add("k", "\n\n\"'\\", "中文", "値\x00\x7f\U0001f600")            // quoted
	f.Add("k", "`raw`", "'", `"k": "v"`)                            // Go's other quotes
	f.Add("procx.check", "12", "a, procx.check: 13", "procx.check") // a list in a key
	f.Fuzz(func(t *testing.T, key, value, key2, value2 string) {
		if key == key2 || !utf8.ValidString(key+"\x00"+value+"\x00"+key2+"\x00"+value2) {
			t.Skip("a set of labels has each once; and what is not UTF-8 is written differently")
		}
		for _, head := range []string{
			"goroutine 7 [select labels:{" + runtimeQuoted(key) + ": " + runtimeQuoted(value) + ", " + runtimeQuoted(key2) + ": " + runtimeQuoted(value2) + "}]:",
			"goroutine 7 [select] {" + runtimeWord(key) + ": " + runtimeWord(value) + ", " + runtimeWord(key2) + ": " + runtimeWord(value2) + "}:",
		} {
			g, ok := ParseOne(head)
			assert.True(t, ok)
			assert.Equal(t, "select", g.State)
			for k, v := range map[string]string{key: value, key2: value2} {
				got, ok := g.Label(k)
				assert.True(t, ok, "%q in %s", k, head)
				assert.Equal(t, v, got, head)
			}
			assert.Equal(t, "goroutine 7 [select]:", g.Unlabelled())
		}
	})
}
