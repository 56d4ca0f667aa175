package consolex

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestWriterOnAFullDisk: who writes is told how much the disk took, and writes on when there is
// room; a child whose output finds none is not waited for.
func TestWriterOnAFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=32k")
	for name, test := range map[string]struct {
		cp   CodePage
		want string
	}{"as it is": {0, "磁盘\n"}, "in a code page": {GBK, "\xb4\xc5\xc5\xcc\n"}} {
		t.Run(name, func(t *testing.T) {
			f, err := os.OpenFile(filepath.Join(dir, filepath.Base(t.Name())), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
			require.NoError(t, err)
			defer f.Close()
			free := testenv.FillDisk(t, dir)

			w := NewWriter(f, &WriterOptions{CodePage: test.cp})
			n, err := io.WriteString(w, "磁盘\n")
			require.ErrorIs(t, err, unix.ENOSPC)
			assert.Zero(t, n)
			assert.ErrorContains(t, err, f.Name())
			assert.ErrorIs(t, Stream(testenv.Command(t, "say", strconv.Quote(strings.Repeat("x\n", 10000)), `""`), w), unix.ENOSPC)

			free()
			_, err = io.WriteString(w, "磁盘\n")
			require.NoError(t, err)
			require.NoError(t, w.Flush())
			got, err := os.ReadFile(f.Name())
			require.NoError(t, err)
			assert.Equal(t, test.want, string(got))
			require.NoError(t, os.Remove(f.Name()))
		})
	}
}

// TestCombinedOutputWithoutDescriptors: there is all of a child's output, or an error and no child.
func TestCombinedOutputWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	leave := testenv.Starve(t)
	refused := 0
	for n := 0; ; n++ {
		cmd := testenv.Command(t, "say", `"out"`, `"err"`)
		leave(n)
		out, err := CombinedOutput(cmd)
		if cmd.Process != nil {
			assert.Equal(t, "outerr", out)
			break
		}
		refused++
		require.Less(t, n, 30)
		require.ErrorIs(t, err, syscall.EMFILE)
		_, err = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
		require.ErrorIs(t, err, syscall.ECHILD)
	}
	assert.NotZero(t, refused)
}
