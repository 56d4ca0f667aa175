package pathx

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// expandVars is an environment in which every value looks as if it had to be expanded again.
func expandVars(name string) (string, bool) {
	v, ok := map[string]string{
		"A": "alpha", "B": "%A%", "C": "${A}", "EMPTY": "", "ProgramFiles(x86)": `C:\Program Files (x86)`, "with space": "ws", "世界": "world", "P": "%", "D": "$",
	}[name]
	return v, ok
}

func TestExpandFunc(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"text", "plain", "plain"},
		{"braces", "x${A}y", "xalphay"},
		{"percent", "x%A%y", "xalphay"},
		{"both, adjoining", "${A}%A%${A}", "alphaalphaalpha"},
		{"parentheses in the name", `%ProgramFiles(x86)%\x`, `C:\Program Files (x86)\x`},
		{"space in the name", "%with space%${with space}", "wsws"},
		{"name that isn't ASCII", "%世界%", "world"},
		{"empty value", "[${EMPTY}%EMPTY%]", "[]"},
		{"value is not looked at again", "%B%${B}%C%${C}", "%A%%A%${A}${A}"},
		{"value and text make no name", "%P%A%", "%A%"},
		{"value and text make no brace", "%D%{A}", "${A}"},
		{"undefined percent stays", "%NOPE%", "%NOPE%"},
		{"undefined, then defined", "%NOPE%A%", "%NOPEalpha"},
		{"lone percent", "100%", "100%"},
		{"lone percent before a name", "50% of %A%", "50% of alpha"},
		{"two percent", "%%", "%%"},
		{"two percent before a name", "%%A%", "%alpha"},
		{"two percent around a name", "%%A%%", "%alpha%"},
		{"three percent", "%%%", "%%%"},
		{"bare dollar", "$A $ $", "$A $ $"},
		{"escaped", "$${A} %A%", "${A} alpha"},
		{"escaped, with a form", "$${A:-x}", "${A:-x}"},
		{"escaped, without an end", "$${", "${"},
		{"three dollars", "$$${A}", "$${A}"},
		{"default for unknown", "${NOPE:-d}${NOPE-d}", "dd"},
		{"default for empty", "[${EMPTY:-d}${EMPTY-d}]", "[d]"},
		{"default not needed", "${A:-d}${A-d}${A:?m}${A?m}${EMPTY?m}", "alphaalphaalphaalpha"},
		{"empty default", "[${NOPE:-}${NOPE-}]", "[]"},
		{"default is a path", `${NOPE:-C:\Program Files\x}\y`, `C:\Program Files\x\y`},
		{"default with signs", "${NOPE:--?:=}", "-?:="},
		{"default with references", "${NOPE:-%A%/${A}/${NOPE:-${A}}}", "alpha/alpha/alpha"},
		{"default with an escape", "${NOPE:-$${A}}", "${A}"},
		{"default's value is not looked at again", "${NOPE:-%B%}", "%A%"},
		{"default that is not used is not expanded", "${A:-${NOPE}}", "alpha"},
		{"percent sign in a default", "${NOPE:-50%}", "50%"},
		{"parentheses and a form", "${ProgramFiles(x86):-d}", `C:\Program Files (x86)`},
		{"administrative share", `\\srv\c$\x`, `\\srv\c$\x`},
		{"recycle bin", `C:\$Recycle.Bin`, `C:\$Recycle.Bin`},
		{"dollar at the end", "a$", "a$"},
		{"assignment is no name", "%=C:%", "%=C:%"},
		{"line end is in no name", "%A\nB%", "%A\nB%"},
		{"percent in braces is part of no name there", "%${A}%", "%alpha%"},
		{"many", strings.Repeat("%A%", 100), strings.Repeat("alpha", 100)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ExpandFunc(tt.in, expandVars)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestExpandErrors(t *testing.T) {
	for in, want := range map[string]string{
		"ab${NOPE}c":        `"ab${NOPE}c": at byte 2: the variable NOPE is not set`,
		"%A%${":             `at byte 3: ${ without }`,
		"${A":               `at byte 0: ${ without }`,
		"${A:":              `at byte 0: the shell's ":" is not supported`,
		"${A:-x":            `at byte 0: ${ without }`,
		"${A:-${A}":         `at byte 0: ${ without }`,
		"x${}":              `at byte 1: a name can't hold '}', or be empty`,
		"${A\x00}":          `at byte 0: a name can't hold '\x00'`,
		"${${A}}":           `at byte 0: `,
		"${NOPE:?no dir}":   `the variable NOPE: no dir`,
		"${NOPE?no dir}":    `the variable NOPE: no dir`,
		"${EMPTY:?%A%}":     `the variable EMPTY: alpha`,
		"${NOPE?}":          `the variable NOPE: it is not set`,
		"${EMPTY:?}":        `the variable EMPTY: it is not set, or empty`,
		"${NOPE:-${NOPE2}}": `the variable NOPE2 is not set`,
		"${a=b}":            `the shell's "=b}" is not supported`,
		"${A:=b}":           `the shell's ":=b}" is not supported`,
		"${A+b}":            `the shell's "+b}" is not supported`,
		"${#A}":             `the shell's "#A}" is not supported`,
		"${A%%.x}":          `the shell's "%%.x}" is not supported`,
		"${A:0:3}":          `the shell's ":0:3}" is not supported`,
		"${A/a/b}":          `the shell's "/a/b}" is not supported`,
		"${:-x}":            `the shell's ":-x}" is not supported`,
	} {
		_, err := ExpandFunc(in, expandVars)
		require.ErrorIs(t, err, ErrExpand, in)
		assert.ErrorContains(t, err, want)
	}
}

func TestExpand(t *testing.T) {
	t.Setenv("PATHX_TEST_Var", "value")
	got, err := Expand("${PATHX_TEST_Var}/%PATHX_TEST_Var%")
	require.NoError(t, err)
	assert.Equal(t, "value/value", got)

	got, err = Expand("%pathx_test_VAR%")
	require.NoError(t, err)
	_, err = Expand("${pathx_test_VAR}")
	if runtime.GOOS == "windows" {
		require.NoError(t, err)
		assert.Equal(t, "value", got)
	} else {
		require.ErrorIs(t, err, ErrExpand)
		assert.Equal(t, "%pathx_test_VAR%", got)
	}
}

func TestExpandAllocates(t *testing.T) {
	for in, want := range map[string]float64{
		strings.Repeat("no reference ", 100):            0,
		"${A}/" + strings.Repeat("long ", 1000) + "%A%": 1,
		strings.Repeat("%A%", 16):                       1,
		strings.Repeat("%A%", 17):                       2,
	} {
		got := testing.AllocsPerRun(100, func() {
			if _, err := ExpandFunc(in, alpha); err != nil {
				t.Fatal(err)
			}
		})
		assert.Equal(t, want, got, "%.20s", in)
	}
}

func alpha(name string) (string, bool) { return "alpha", name == "A" }

// expandSlowly implements the same rules one character at a time.
func expandSlowly(s string, get func(string) (string, bool)) (string, bool) {
	for i := range len(s) {
		rest := s[i:]
		if after, ok := strings.CutPrefix(rest, "$${"); ok {
			tail, ok := expandSlowly(after, get)
			return s[:i] + "${" + tail, ok
		}
		if strings.HasPrefix(rest, "${") {
			value, after, ok := slowBraces(rest[2:], get)
			if !ok {
				return "", false
			}
			tail, ok := expandSlowly(after, get)
			return s[:i] + value + tail, ok
		}
		if name, after, closed := strings.Cut(rest[1:], "%"); rest[0] == '%' && closed {
			if value, ok := get(name); ok {
				tail, ok := expandSlowly(after, get)
				return s[:i] + value + tail, ok
			}
		}
	}
	return s, true
}

// inBraces matches a name and, optionally, the operator of a shell form.
var inBraces = regexp.MustCompile(`^([^:\-?+#/^,@%{}=\x00-\x1f\x7f]+)(:?[-?])?`)

// slowBraces returns the value of the reference after ${, and the text after its }.
func slowBraces(s string, get func(string) (string, bool)) (value, after string, ok bool) {
	m := inBraces.FindStringSubmatch(s)
	if m == nil {
		return "", "", false
	}
	rest := s[len(m[0]):]
	value, known := get(m[1])
	if m[2] == "" {
		after, closed := strings.CutPrefix(rest, "}")
		return value, after, closed && known
	}
	end := 0
	for depth := 1; ; end++ {
		switch {
		case end == len(rest):
			return "", "", false
		case strings.HasPrefix(rest[end:], "${"):
			depth++
		case rest[end] == '}':
			depth--
		}
		if depth == 0 {
			break
		}
	}
	if known && (value != "" || m[2][0] != ':') {
		return value, rest[end+1:], true
	}
	if strings.HasSuffix(m[2], "?") {
		return "", "", false
	}
	value, ok = expandSlowly(rest[:end], get)
	return value, rest[end+1:], ok
}

func FuzzExpand(f *testing.F) {
	f.Add("${A}%B%%%C%")                   // both forms
	f.Add(`%ProgramFiles(x86)%\\srv\c$\`)  // Windows
	f.Add("${NOPE}")                       // an error
	f.Add("%%%A%%$${A}${")                 // signs without a name
	f.Add("${NOPE:-%A%${A}}${EMPTY?x}$${") // forms of the shell
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Count(s, "%")+strings.Count(s, "${") > 500 {
			return // expandSlowly recurses
		}
		got, err := ExpandFunc(s, expandVars)
		want, ok := expandSlowly(s, expandVars)
		if assert.Equal(t, ok, err == nil, "%q: %v", s, err) && ok {
			assert.Equal(t, want, got, "%q", s)
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	b.Setenv("PATHX_HOME", "/home/alice")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Expand("${PATHX_HOME}/.config/%PATHX_HOME%/x"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOSExpandEnv(b *testing.B) {
	b.Setenv("PATHX_HOME", "/home/alice")
	b.ReportAllocs()
	for b.Loop() {
		_ = os.ExpandEnv("${PATHX_HOME}/.config/${PATHX_HOME}/x")
	}
}
