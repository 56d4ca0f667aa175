package pathx

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrExpand is in the error for a ${NAME} that can't be expanded.
var ErrExpand = errors.New("pathx: can't expand")

// Expand replaces ${NAME} and %NAME% in s by the environment variables of that name, on every
// system. Names are matched as the system does: without regard to case on Windows, exactly
// elsewhere. See [ExpandFunc] for the rules.
func Expand(s string) (string, error) { return ExpandFunc(s, os.LookupEnv) }

// ExpandFunc replaces ${NAME} and %NAME% in s by what get returns for the name. A value is not
// looked at again.
//
// ${NAME} is an error if the name is unknown, an [ErrExpand] that says where it stands: a path that
// lacks a part would be a wrong one. Four forms are those of the POSIX shell:
//
//	${NAME:-word}  word, if NAME is unknown or empty
//	${NAME-word}   word, if NAME is unknown
//	${NAME:?word}  an ErrExpand with the text word, if NAME is unknown or empty
//	${NAME?word}   an ErrExpand with the text word, if NAME is unknown
//
// References in word are expanded if it is used; quotes and backslashes in it are text. It ends at
// the first } that closes no ${ in it. The shell's other forms, such as ${NAME:=word}, ${NAME+word}
// and ${#NAME}, are an ErrExpand. $${ is the text ${, so that $${NAME} stands for a literal
// ${NAME}.
//
// %NAME% stays as it is if the name is unknown, since a percent sign is often only that, and its
// second % may begin the next name: "50% of %A%" and "%%A%" hold a reference to A. Windows'
// ExpandEnvironmentStrings differs in that alone: it takes "% of %" and "%%" for names, and copies
// both of their percent signs. Windows' forms for substrings (%NAME:~0,3%) are cmd's, and text
// here.
//
// Everything else is text: a $ without a brace, so that \\server\c$\x and C:\$Recycle.Bin survive,
// and a lone %. A name is what stands between the signs, as in %ProgramFiles(x86)%, but not empty
// and without =, braces (for ${), control characters, and % (for %). In ${} it ends before the
// first of : - ? + # / ^ , @ and %.
//
// The result is made in one allocation, or two if s has more than 16 references, or none if it has
// none; a word costs more.
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

// A replacement is a part of a text and the value that takes its place.
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

// percentName returns the name in the %NAME% that begins at i and where it ends, or 0 if that is
// text.
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

// A reference is what stands in ${}.
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
	if s[j] == '}' && j > start { // as nearly all are
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
		return false // as most are
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
