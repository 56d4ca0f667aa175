package quote

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestUnshowable checks that unshowable text can be restored from its quoted form alone.
func TestUnshowable(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                 "plain",
		`"in quotes"`:           `"in quotes"`,
		"\x1b[31mred\x1b[0m":    `"\x1b[31mred\x1b[0m"`,
		"a\nb\x00":              "\"a\nb\\x00\"",
		"\xff":                  `"\xff"`,
		`"\x1b"`:                `"\"\\x1b\""`,
		`"\"\\x1b\""`:           `"\"\\\"\\\\x1b\\\"\""`,
		"C:\\x\tC:\r\n":         "C:\\x\tC:\r\n",
		"\uFFFD is a character": "\uFFFD is a character",
		"\uFFFF is none":        `"\uffff is none"`,
		"\u0085":                `"\u0085"`,
	} {
		shown := string(AppendShowable(nil, []byte(text)))
		assert.Equal(t, want, shown, "%q", text)
		assert.Equal(t, text, Showable(shown), "%q", text)
	}
	for _, foreign := range []string{`"C:\new"`, `"hello"`, `"`, `""`, `"a`, `a"`} {
		assert.Equal(t, foreign, Showable(foreign), "what another program has put in quotes stays in them")
	}
}

func FuzzShowable(f *testing.F) {
	f.Add([]byte(`"\x1b"`))
	f.Add([]byte("\"a\nb\x00\"\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		shown := AppendShowable(nil, text)
		assert.False(t, unshowable(shown), "%q", shown)
		assert.Equal(t, string(text), Showable(string(shown)))
	})
}
