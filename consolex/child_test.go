package consolex

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// saying returns a child that writes texts, the last one to standard error.
func saying(t *testing.T, texts ...string) *exec.Cmd {
	for i, text := range texts {
		texts[i] = strconv.QuoteToASCII(text)
	}
	return testenv.Command(t, "say", texts...)
}

func TestCombinedOutput(t *testing.T) {
	out, err := CombinedOutput(saying(t, "ASCII\n", "中文 UTF-8\n", "end without a newline: 末"))
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.IsType(t, exit, err, "not wrapped")
	assert.Equal(t, 3, exit.ExitCode())
	assert.Equal(t, "ASCII\n中文 UTF-8\nend without a newline: 末", out)

	_, err = CombinedOutput(exec.Command("no-such-program"))
	assert.ErrorIs(t, err, exec.ErrNotFound)
	cmd := saying(t, "x")
	cmd.Stderr = io.Discard
	_, err = CombinedOutput(cmd)
	assert.ErrorContains(t, err, "already set")
}

func TestStream(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	assert.IsType(t, &exec.ExitError{}, Stream(saying(t, "中文\n", "末"), NewWriter(w, nil)))
	require.NoError(t, w.Close())
	out, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, "中文\n末", string(out))

	assert.ErrorIs(t, Stream(saying(t, "中文\n", "末"), &failingWriter{}), errTest)
	cmd := testenv.Command(t, "ask")
	cmd.Stdin = strings.NewReader("Gopher\n")
	atEnd := writerFunc(func(p []byte) (int, error) {
		if bytes.HasSuffix(p, []byte("\n")) {
			return 0, errTest
		}
		return len(p), nil
	})
	assert.Equal(t, errTest, Stream(cmd, atEnd), "reported once, although Run also returns it")
}

// TestStreamShowsPrompts checks that a child's prompt appears before the child gets its answer.
func TestStreamShowsPrompts(t *testing.T) {
	cmd := testenv.Command(t, "ask")
	answer, err := cmd.StdinPipe()
	require.NoError(t, err)
	var out bytes.Buffer
	prompts := writerFunc(func(p []byte) (int, error) {
		out.Write(p)
		if bytes.HasSuffix(out.Bytes(), []byte("Name: ")) {
			io.WriteString(answer, "Gopher\n")
			answer.Close()
		}
		return len(p), nil
	})
	require.NoError(t, Stream(cmd, prompts))
	assert.Equal(t, "Name: 你好 Gopher\n", out.String())
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
