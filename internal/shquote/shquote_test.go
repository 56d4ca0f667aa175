package shquote

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"/usr/bin/x":     "/usr/bin/x",
		"a@b:80,c=50%+1": "a@b:80,c=50%+1",
		"":               "''",
		"=ls":            "'=ls'",
		"~":              "'~'",
		"two words":      "'two words'",
		"it's $HOME":     `'it'\''s $HOME'`,
		"中文":             "'中文'",
		"a\nb":           "'a\nb'",
	} {
		assert.Equal(t, want, Quote(word), word)
	}
}

// FuzzQuote asks a shell what it makes of a word.
func FuzzQuote(f *testing.F) {
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" { // where a program splits its command line itself
		f.Skip("needs a Unix shell")
	}
	f.Add("it's $HOME `x` $(y) \\ \"z\"")
	f.Add("*?[a]{b,c} ~ # ! & | ; < > ( )")
	f.Add("\\")
	f.Fuzz(func(t *testing.T, word string) {
		if strings.Contains(word, "\x00") {
			t.Skip("no argument can hold it")
		}
		out, err := exec.CommandContext(t.Context(), sh, "-c", "printf %s "+Quote(word)).Output()
		require.NoError(t, err)
		assert.Equal(t, word, string(out))
	})
}

func TestPowerShell(t *testing.T) {
	for word, want := range map[string]string{
		"build":           "build",
		"./cmd/x":         "./cmd/x",
		"C:/x/y":          "C:/x/y",
		`C:\x y`:          `'C:\x y'`,
		"-race":           "-race",
		"--all-of_it":     "--all-of_it",
		"-tags=a,b":       "'-tags=a,b'",
		"-test.v":         "'-test.v'",
		"-":               "'-'",
		"":                "''",
		"a,b":             "'a,b'",
		"@list":           "'@list'",
		"it's":            "'it''s'",
		"it’s":            "'it’’s'",
		"$HOME":           "'$HOME'",
		`-X 'main.V=a b'`: `'-X ''main.V=a b'''`,
		`-X "main.V=a b"`: `'-X \"main.V=a b\"'`,
		"中文":              "'中文'",
	} {
		assert.Equal(t, want, PowerShell(word), word)
	}
	assert.Equal(t, `'"a" ''b'''`, PowerShellString(`"a" 'b'`))
}
