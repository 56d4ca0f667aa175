// Package shquote quotes words for a POSIX shell, for the commands that errors
// offer for pasting.
package shquote

import "strings"

// plain are the characters, beside letters and digits, that no shell takes for its
// own.
const plain = "-_./:=@,+%"

// Quote returns word as a shell takes it for that one word: as it is, if nothing
// in it is special, else in single quotes.
func Quote(word string) string {
	if word == "" || word[0] == '=' || strings.ContainsFunc(word, special) { // zsh looks up =program
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

func special(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(plain, r)
}
