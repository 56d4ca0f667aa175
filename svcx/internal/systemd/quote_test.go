package systemd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// splitUnit splits a line into words and removes the quoting of systemd.syntax(7).
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
		line := quoteArg(a) + " " + quoteArg(b)
		assert.Equal(t, []string{a, b}, splitUnit(t, line), line)
	})
}
