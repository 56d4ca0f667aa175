package spec

import (
	"slices"
	"strings"
)

// Text is a file that a manager reads, line by line.
type Text string

// Lines adds whole lines; the last one ends here.
func (t *Text) Lines(text string) { t.Line(text, "") }

// Line adds a line of two parts. Inlined, it would make the renderers three times as large.
//
//go:noinline
func (t *Text) Line(name, value string) { *t += Text(name + value + "\n") }

// Append is append for texts, but leaves the array of list alone. Inlined, it would be 200 bytes.
//
//go:noinline
func Append(list []string, texts ...string) []string { return append(slices.Clip(list), texts...) }

// Each returns the texts, each changed by f and with start before it.
func Each(texts []string, start string, f func(string) string) (all string) {
	for _, text := range texts {
		all += start + f(text)
	}
	return all
}

// Only reports whether text has no other characters than letters, digits and those in also.
func Only(text, also string) bool {
	for i := range len(text) {
		c := text[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return true
}
