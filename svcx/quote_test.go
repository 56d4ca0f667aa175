package svcx

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// splitWindows splits a command line as "Parsing C command-line arguments" has
// it, in the simplest way.
func splitWindows(line string) (args []string) {
	for {
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return args
		}
		var arg strings.Builder
		quoted := false
		for line != "" && (quoted || line[0] != ' ' && line[0] != '\t') {
			slashes := len(line) - len(strings.TrimLeft(line, `\`))
			line = line[slashes:]
			if !strings.HasPrefix(line, `"`) {
				arg.WriteString(strings.Repeat(`\`, slashes))
				if slashes == 0 {
					arg.WriteByte(line[0])
					line = line[1:]
				}
				continue
			}
			arg.WriteString(strings.Repeat(`\`, slashes/2))
			if slashes%2 == 1 {
				arg.WriteByte('"')
			} else {
				quoted = !quoted
			}
			line = line[1:]
		}
		args = append(args, arg.String())
	}
}

func FuzzWindowsCommandLine(f *testing.F) {
	f.Add("plain", "two words")
	f.Add("", `ends in a backslash and a space \ `)
	f.Add(`say "hi"`, `C:\dir\`)
	f.Add(`\\server\share\ \`, `a\\"b`)
	f.Add("tab\there", "ü 中文")
	f.Fuzz(func(t *testing.T, a, b string) {
		exe := `C:\Program Files\x.exe`
		line := windowsCommandLine(exe, []string{a, b})
		assert.Equal(t, []string{exe, a, b}, splitWindows(line), line)
	})
}

// splitUnit takes the quoting of systemd.syntax(7) away.
func splitUnit(t *testing.T, line string) (words []string) {
	for i := 0; i < len(line); {
		if line[i] == ' ' {
			i++
			continue
		}
		var word strings.Builder
		quoted := line[i] == '"'
		if quoted {
			i++
		}
		for ; i < len(line) && (quoted && line[i] != '"' || !quoted && line[i] != ' '); i++ {
			if line[i] == '\\' {
				i++
				require.Less(t, i, len(line))
			}
			word.WriteByte(line[i])
		}
		if quoted {
			require.Less(t, i, len(line), "an open quote")
			i++
		}
		words = append(words, strings.NewReplacer("%%", "%", "$$", "$").Replace(word.String()))
	}
	return words
}

func FuzzUnitWords(f *testing.F) {
	f.Add("plain", "two words")
	f.Add("", "100%% $HOME ${X} $$")
	f.Add(`say "hi"`, `C:\dir\`)
	f.Add(";", "it's")
	f.Fuzz(func(t *testing.T, a, b string) {
		line := strings.Join(unitArgs([]string{a, b}), " ")
		assert.Equal(t, []string{a, b}, splitUnit(t, line), line)
	})
}

func FuzzJSONString(f *testing.F) {
	f.Add("plain")
	f.Add("\" \\ \n \x00 \x7f \u2028 🙂 \xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal([]byte(jsonString(s)), &got))
		assert.Equal(t, strings.ToValidUTF8(s, string(utf8.RuneError)), got)
	})
}
