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

// TestWriterOnFullDisk checks that Write reports how much the disk accepted and continues once
// there is room, and that a child whose output can't be written is not waited for.
func TestWriterOnFullDisk(t *testing.T) {
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

// TestCombinedOutputWithoutDescriptors checks that CombinedOutput returns all of a child's output,
// or an error without having started a child.
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
