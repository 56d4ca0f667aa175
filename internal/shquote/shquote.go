// Package shquote quotes words for a POSIX shell and for PowerShell, for commands in errors.
package shquote

import "strings"

// plain are the characters, beside letters and digits, that no shell takes for its own.
const plain = "-_./:=@,+%"

// Quote quotes word for a POSIX shell: it returns word unchanged if nothing in it is special, and
// otherwise in single quotes.
func Quote(word string) string {
	if word == "" || word[0] == '=' || strings.ContainsFunc(word, special) { // zsh looks up =program
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}

// PowerShell returns word as PowerShell takes it for that one argument of a program. In an argument
// with a quotation mark, which Windows PowerShell 5.1 and PowerShell before 7.3 pass on without
// escaping it, it writes \" for the mark, as those need it.
func PowerShell(word string) string {
	bare := word != "" && word[0] != '-' && word[0] != '@' && !strings.ContainsFunc(word, special) && !strings.ContainsAny(word, ",%")
	if bare || isFlag(word) {
		return word
	}
	return PowerShellString(strings.ReplaceAll(word, `"`, `\"`))
}

// isFlag reports whether word is a flag without a value, which PowerShell passes on as it is. It
// splits -a.b and -a:b in two.
func isFlag(word string) bool {
	name := strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	return len(name) < len(word) && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return special(r) || strings.ContainsRune("./:=@,+%", r) })
}

// PowerShellString returns a string of PowerShell's with that text. PowerShell doubles a quote
// inside quotes, and treats typographic quotes as quotes.
func PowerShellString(text string) string {
	for _, quote := range [...]string{"'", "‘", "’", "‚", "‛"} {
		text = strings.ReplaceAll(text, quote, quote+quote)
	}
	return "'" + text + "'"
}

func special(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(plain, r)
}
