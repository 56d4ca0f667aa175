package msgtable_test

import (
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// TestPlain: what keeps a text from being expanded can be taken away again, and nothing else with
// it.
func TestPlain(t *testing.T) {
	const z = "\u200B"
	for text, want := range map[string]string{
		"https://x/a%20b%2Fc": "https://x/a%" + z + "20b%" + z + "2Fc",
		"50%":                 "50%",
		"50% of %s":           "50% of %s",
		"%%1":                 "%" + z + "%" + z + "1",
		"%" + z + "1":         "%" + z + z + "1",
		"%" + z + "x":         "%" + z + "x",
		"%" + z + z + "{g}":   "%" + z + z + z + "{g}",
		"%" + z:               "%" + z,
	} {
		units, _ := msgtable.AppendInsert(nil, []byte(text), 1000)
		got := string(utf16.Decode(units))
		assert.Equal(t, want, got, text)
		assert.Equal(t, text, msgtable.Plain(got))
	}
}

func TestAppendCut(t *testing.T) {
	units, left, replaced := msgtable.AppendCut(nil, []byte("abcdefghijklmnop"), 10, 5)
	assert.Equal(t, "abcd…[+17]", string(utf16.Decode(units)))
	assert.Equal(t, 17, left)
	assert.False(t, replaced)
	for text, want := range map[string]bool{"a\x00": true, "\x1b": true, "\xff": true, "\uFFFF": true, "\uFFFD␀": false, "💾\r\n": false} {
		_, _, replaced = msgtable.AppendCut(nil, []byte(text), 100, 0)
		assert.Equal(t, want, replaced, "%q", text)
	}
}
