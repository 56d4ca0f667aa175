package pathx

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// ErrExpand is in the error for a ${NAME} that can't be expanded.
var ErrExpand = errors.New("pathx: can't expand")

// Expand replaces ${NAME} and %NAME% in s by the environment variables of that name,
// on every system. Names are matched as the system does: without regard to case on
// Windows, exactly elsewhere. See [ExpandFunc] for the rules.
func Expand(s string) (string, error) { return ExpandFunc(s, os.LookupEnv) }

// ExpandFunc replaces ${NAME} and %NAME% in s by what get returns for the name. What
// was put in is not looked at again.
//
// The two forms differ where the name is unknown. ${NAME} is an error then, an
// [ErrExpand] that says where it stands: a path that lacks a part would be a wrong
// one. %NAME% stays as it is, as in Windows' own ExpandEnvironmentStrings, since a
// percent sign is often only that; what follows its first % is looked at then.
//
// All else is text: a $ without a brace, so that \\server\c$\x and C:\$Recycle.Bin
// survive; a lone %; and %%, so that the first % of %%A% stays and %A% is replaced. A
// name is what stands between the signs, as in %ProgramFiles(x86)%, but not empty and
// without =, braces (for ${), control characters, and % (for %). There is no way to
// write a literal ${NAME}, except for a get that returns it.
//
// The result is made in one allocation, or two if s has more than 16 references, or
// none if it has none.
func ExpandFunc(s string, get func(string) (string, bool)) (string, error) {
	if strings.IndexByte(s, '$') < 0 && strings.IndexByte(s, '%') < 0 {
		return s, nil
	}
	return expand(s, get)
}

func expand(s string, get func(string) (string, bool)) (string, error) {
	var few [16]reference
	refs := few[:0]
	size := len(s)
	for i := 0; i < len(s); i++ {
		if s[i] != '$' && s[i] != '%' {
			continue
		}
		name, end, err := nameAt(s, i)
		if err != nil {
			return "", err
		}
		if name == "" {
			continue
		}
		value, ok := get(name)
		switch {
		case ok:
			refs = append(refs, reference{i, end, value})
			size += len(value) - (end - i)
			i = end - 1
		case s[i] == '$':
			return "", expandError(s, i, fmt.Sprintf("the variable %.80s is not set", name))
		}
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

// A reference is a part of a text that a value replaces.
type reference struct {
	start, end int
	value      string
}

// nameAt returns the name in the reference that begins at i with a $ or %, and where
// the reference ends; no name, if it is none but text.
func nameAt(s string, i int) (name string, end int, err error) {
	start, closing := i+1, byte('%')
	if s[i] == '$' {
		if start == len(s) || s[start] != '{' {
			return "", 0, nil
		}
		start, closing = i+2, '}'
	}
	for j := start; j < len(s); j++ {
		c := s[j]
		switch {
		case c == closing && j > start:
			return s[start:j], j + 1, nil
		case c == closing, c < ' ', c == '=', c == 0x7f, c == '{' && closing == '}':
			if closing == '}' {
				err = expandError(s, i, fmt.Sprintf("a name can't hold %q, or be empty", c))
			}
			return "", 0, err
		}
	}
	if closing == '}' {
		err = expandError(s, i, "${ without }")
	}
	return "", 0, err
}

func expandError(s string, at int, problem string) error {
	return fmt.Errorf("%w %.200q: at byte %d: %s", ErrExpand, s, at, problem)
}
