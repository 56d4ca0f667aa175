package pathx

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows/registry"
)

// TestExpandAgainstWindows checks that %NAME% expands as in Windows, unless the text contains an
// unknown name. Windows copies both percent signs of such a name; here the second one may begin
// another name.
func TestExpandAgainstWindows(t *testing.T) {
	t.Setenv("PX", "value")
	t.Setenv("P", "v")
	pieces := []string{"%", "%", "%PX%", "%p%", "PX", "P", "Q", " ", `C:\`, "é"}
	known := 0
	for range 2_000 {
		var b strings.Builder
		for range 1 + rand.N(8) {
			b.WriteString(pieces[rand.N(len(pieces))])
		}
		s := b.String()
		windows, err := registry.ExpandString(s)
		require.NoError(t, err)
		model, unknown := expandAsWindows(s)
		require.Equal(t, windows, model, "%q", s)
		if !unknown {
			known++
			ours, err := Expand(s)
			require.NoError(t, err)
			require.Equal(t, windows, ours, "%q", s)
		}
	}
	require.Greater(t, known, 400)
}

// expandAsWindows expands like Windows, according to the documentation of ExpandFunc.
func expandAsWindows(s string) (_ string, unknown bool) {
	var b strings.Builder
	for {
		before, rest, opened := strings.Cut(s, "%")
		name, after, closed := strings.Cut(rest, "%")
		b.WriteString(before)
		switch value, ok := os.LookupEnv(name); {
		case !opened:
			return b.String(), unknown
		case !closed:
			b.WriteString("%" + rest)
			return b.String(), unknown
		case ok:
			b.WriteString(value)
		default:
			b.WriteString("%" + name + "%")
			unknown = true
		}
		s = after
	}
}
