package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-node" {
		main() // below the helper
		return
	}
	testenv.Main(m, map[string]func([]string) int{"supervise": func([]string) int { main(); return 0 }})
}

func TestSupervise(t *testing.T) {
	for _, tt := range []struct {
		name      string
		args      []string
		ends      int // processes that end by themselves
		want, err string
	}{
		{"asked", []string{"-for=500ms", "-stdin", "-grace=1m"}, 3, "the whole tree has ended by itself", ""},
		{"killed", []string{"-for=500ms", "-stdin", "-stubborn", "-grace=10ms"}, 0, "did not end when asked", "exit status 1"},
		{"fails", []string{"no-such-program"}, 0, "supervise: ", "exit status 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := testenv.Command(t, "supervise", tt.args...)
			cmd.WaitDelay = time.Minute
			out, err := cmd.CombinedOutput() // returns when no process of the tree is left
			if tt.err == "" {
				require.NoError(t, err, "%s", out)
			} else {
				require.EqualError(t, err, tt.err, "%s", out)
			}
			assert.Contains(t, string(out), tt.want)
			assert.Equal(t, tt.ends, strings.Count(string(out), " ends\n"), "%s", out)
		})
	}
}
