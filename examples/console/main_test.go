package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{"child": func([]string) int {
		fmt.Fprint(os.Stdout, "ASCII\n中文\r\n")
		fmt.Fprint(os.Stderr, "a line of more than sixteen bytes")
		return 3
	}})
}

func TestState(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(&out, nil))
	for _, want := range []string{"standard output", "ANSI code page", "children", "中文输出", "└──"} {
		assert.Contains(t, out.String(), want)
	}
}

func TestRun(t *testing.T) {
	var out strings.Builder
	err := showChild(&out, testenv.Command(t, "child"))
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 3, exit.ExitCode())
	_, lines, _ := strings.Cut(out.String(), "\n\n")
	assert.Equal(t, strings.Join([]string{
		"41 53 43 49 49 0a                                ASCII",
		"e4 b8 ad e6 96 87 0d 0a                          中文",
		"61 20 6c 69 6e 65 20 6f 66 20 6d 6f 72 65 20 74  a line of more than sixteen bytes",
		"68 61 6e 20 73 69 78 74 65 65 6e 20 62 79 74 65",
		"73", ""}, "\n"), lines)
}

func TestRunErrors(t *testing.T) {
	assert.ErrorIs(t, run(&strings.Builder{}, []string{"-run", "no such program"}), exec.ErrNotFound)
	assert.Error(t, run(&strings.Builder{}, []string{"-no-such-flag"}))
	assert.ErrorContains(t, run(&strings.Builder{}, []string{"-run"}), "what?")
	assert.NoError(t, run(&strings.Builder{}, []string{"-h"}))
	full := errors.New("full")
	assert.ErrorIs(t, showChild(brokenWriter{full}, testenv.Command(t, "child")), full)
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }
