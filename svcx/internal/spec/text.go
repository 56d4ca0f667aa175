package spec

import (
	"slices"
	"strings"
)

// Text is a text file for a manager, built line by line.
type Text string

// Lines adds one or more lines. text lacks the final newline, which Lines adds.
func (t *Text) Lines(text string) { t.Line(text, "") }

// Line adds a line that consists of two parts. Inlined, it would triple the size of the renderers.
//
//go:noinline
func (t *Text) Line(name, value string) { *t += Text(name + value + "\n") }

// Append is like append, but never writes to the array of list. Inlined, it would add 200 bytes to
// each caller.
//
//go:noinline
func Append(list []string, texts ...string) []string { return append(slices.Clip(list), texts...) }

// Each concatenates the results of f for the texts, each preceded by start.
func Each(texts []string, start string, f func(string) string) (all string) {
	for _, text := range texts {
		all += start + f(text)
	}
	return all
}

// Only reports whether text consists of ASCII letters, digits and the characters in also.
func Only(text, also string) bool {
	for i := range len(text) {
		c := text[i]
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(also, c) < 0 {
			return false
		}
	}
	return true
}
