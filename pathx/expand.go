package pathx

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrExpand is returned, wrapped, for a ${NAME} that can't be expanded.
var ErrExpand = errors.New("pathx: can't expand")

// Expand replaces ${NAME} and %NAME% in s with the environment variable NAME, on every system.
// Names are case-insensitive on Windows and case-sensitive elsewhere. See [ExpandFunc] for the
// rules.
func Expand(s string) (string, error) { return ExpandFunc(s, os.LookupEnv) }

// ExpandFunc replaces ${NAME} and %NAME% in s with the value that get returns for NAME. Values are
// not expanded in turn.
//
// If NAME is unknown, ${NAME} is an error that matches [ErrExpand] and gives the position, because
// a path with a part missing would be wrong. Four forms work as in the POSIX shell:
//
//	${NAME:-word}  word, if NAME is unknown or empty
//	${NAME-word}   word, if NAME is unknown
//	${NAME:?word}  an ErrExpand with the text word, if NAME is unknown or empty
//	${NAME?word}   an ErrExpand with the text word, if NAME is unknown
//
// References in word are expanded if word is used; quotes and backslashes in it are literal. Word
// ends at the first } that does not close a ${ inside it. The shell's other forms, such as
// ${NAME:=word}, ${NAME+word} and ${#NAME}, return ErrExpand. $${ stands for a literal ${, so that
// $${NAME} becomes ${NAME}.
//
// If NAME is unknown, %NAME% is left unchanged, since a percent sign is often just that, and its
// second % may begin the next name: "50% of %A%" and "%%A%" contain a reference to A. Windows'
// ExpandEnvironmentStrings differs only in this: it takes "% of %" and "%%" for names and copies
// both of their percent signs. The substring forms (%NAME:~0,3%) are a feature of cmd and are
// literal text here.
//
// Everything else is literal text: a $ without a brace, so that \\server\c$\x and C:\$Recycle.Bin
// survive, and a lone %. A name is the text between the signs, as in %ProgramFiles(x86)%. It can't
// be empty or contain =, control characters, braces (in ${}) or % (in %%). In ${} it ends before
// the first of : - ? + # / ^ , @ and %.
//
// ExpandFunc makes one allocation, two if s has more than 16 references, and none if it has none; a
// word costs more.
func ExpandFunc(s string, get func(string) (string, bool)) (string, error) {
	if strings.IndexByte(s, '$') < 0 && strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	return expand(s, get)
}

func expand(s string, get func(string) (string, bool)) (string, error) {
	var few [16]replacement
	refs := few[:0]
	size := len(s)
	for i := 0; i < len(s); i++ {
		if s[i] != '$' && s[i] != '%' {
			continue
		}
		r, err := resolve(s, i, get)
		if err != nil {
			return "", err
		}
		if r.end == 0 {
			continue
		}
		refs = append(refs, r)
		size += len(r.value) - (r.end - i)
		i = r.end - 1
	}
	if len(refs) == 0 {
		return s, nil
	}
	var b strings.Builder
	b.Grow(size)
	at := 0
	for _, r := range refs {
		b.WriteString(s[at:r.start])
		b.WriteString(r.value)
		at = r.end
	}
	b.WriteString(s[at:])
	return b.String(), nil
}

// A replacement is a part of a text and the value that replaces it.
type replacement struct {
	start, end int // end is 0 if there is nothing to replace
	value      string
}

// resolve returns the replacement for the $ or % at i.
func resolve(s string, i int, get func(string) (string, bool)) (replacement, error) {
	if s[i] == '%' {
		if name, end := percentName(s, i); end > 0 {
			if value, ok := get(name); ok {
				return replacement{i, end, value}, nil
			}
		}
		return replacement{}, nil
	}
	switch rest := s[i+1:]; {
	case strings.HasPrefix(rest, "${"):
		return replacement{i, i + 3, "${"}, nil
	case !strings.HasPrefix(rest, "{"):
		return replacement{}, nil
	}
	ref, err := braces(s, i)
	if err != nil {
		return replacement{}, err
	}
	value, ok := get(ref.name)
	if ok && (value != "" || !ref.orEmpty) {
		return replacement{i, ref.end, value}, nil
	}
	switch ref.form {
	case 0:
		return replacement{}, expandError(s, i, fmt.Sprintf("the variable %.80s is not set", ref.name))
	case '?':
		word, err := ExpandFunc(ref.word, get)
		switch {
		case err != nil:
			return replacement{}, err
		case word == "" && ref.orEmpty:
			word = "it is not set, or empty"
		case word == "":
			word = "it is not set"
		}
		return replacement{}, expandError(s, i, fmt.Sprintf("the variable %.80s: %.200s", ref.name, word))
	}
	word, err := ExpandFunc(ref.word, get)
	return replacement{i, ref.end, word}, err
}

// percentName returns the name in the %NAME% that begins at i and the index at which it ends, or 0
// if it is literal text.
func percentName(s string, i int) (name string, end int) {
	for j := i + 1; j < len(s); j++ {
		switch c := s[j]; {
		case c == '%' && j > i+1:
			return s[i+1 : j], j + 1
		case c == '%', notInName(c):
			return "", 0
		}
	}
	return "", 0
}

// A reference is the content of a ${}.
type reference struct {
	name, word string
	form       byte // '-' or '?'; 0: the name alone
	orEmpty    bool // the form is :- or :?
	end        int  // of the whole, with its brace
}

// braces parses the ${…} that begins at i.
func braces(s string, i int) (ref reference, err error) {
	start := i + len("${")
	j := start
	for j < len(s) && !endsName(s[j]) {
		j++
	}
	if j == len(s) {
		return ref, expandError(s, i, "${ without }")
	}
	ref.name = s[start:j]
	if s[j] == '}' && j > start { // the usual case
		ref.end = j + 1
		return ref, nil
	}
	operator := j
	if s[j] == ':' && j+1 < len(s) {
		ref.orEmpty = true
		j++
	}
	switch c := s[j]; {
	case ref.name != "" && (c == '-' || c == '?'):
		ref.form = c
	case c == '{', c == '}' && !ref.orEmpty, notInName(c) && c != '=':
		return ref, expandError(s, i, fmt.Sprintf("a name can't hold %q, or be empty", c))
	default:
		return ref, expandError(s, i, fmt.Sprintf("the shell's %.20q is not supported here; only ${NAME}, :-, -, :? and ? are", s[operator:]))
	}
	depth := 0
	for k := j + 1; k < len(s); k++ {
		switch {
		case s[k] == '}' && depth == 0:
			ref.word, ref.end = s[j+1:k], k+1
			return ref, nil
		case s[k] == '}':
			depth--
		case strings.HasPrefix(s[k:], "${"):
			depth++
		}
	}
	return ref, expandError(s, i, "${ without }")
}

// endsName reports whether a name in ${} ends before c.
func endsName(c byte) bool {
	if 'A' <= c && c <= 'Z' || c == '_' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
		return false // the usual case
	}
	switch c {
	case ':', '-', '?', '+', '#', '/', '^', ',', '@', '%', '{', '}':
		return true
	}
	return notInName(c)
}

func notInName(c byte) bool { return c < ' ' || c == '=' || c == 0x7F }

func expandError(s string, at int, problem string) error {
	return fmt.Errorf("%w %.200q: at byte %d: %s", ErrExpand, s, at, problem)
}
