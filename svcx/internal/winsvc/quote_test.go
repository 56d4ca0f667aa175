package winsvc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// splitWindows is a simple implementation of Microsoft's "Parsing C command-line arguments".
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
		line := CommandLine(exe, []string{a, b})
		assert.Equal(t, []string{exe, a, b}, splitWindows(line), line)
	})
}
