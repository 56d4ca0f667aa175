package rss

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{"large": large})
}

// large holds 64 MiB until its input ends.
func large([]string) int {
	held := bytes.Repeat([]byte{1}, 64<<20)
	os.Stdout.WriteString("ready")
	io.Copy(io.Discard, os.Stdin)
	return int(held[len(held)-1]) - 1
}

// A child's memory counts towards its parent until the child has ended.
func TestTreeOfThisProcess(t *testing.T) {
	before, err := Read()
	require.NoError(t, err)
	own := before.Tree(os.Getpid())
	assert.Greater(t, own, int64(1<<20))
	assert.Zero(t, before.Tree(1<<30), "there is no such process")

	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=large")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.ReadFull(out, make([]byte, len("ready")))
	require.NoError(t, err)
	with, err := Read()
	require.NoError(t, err)
	child := with.Tree(cmd.Process.Pid)
	assert.Greater(t, child, int64(64<<20))
	assert.Less(t, child, int64(1<<30))
	assert.GreaterOrEqual(t, with.Tree(os.Getpid()), child+own/2)

	in.Close()
	require.NoError(t, cmd.Wait())
	after, err := Read()
	require.NoError(t, err)
	assert.Less(t, after.Tree(os.Getpid()), child)
}

func BenchmarkRead(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTree(t *testing.T) {
	sizes := map[int]process{1: {1, 10}, 2: {20, 20}, 3: {300, 30}, 4: {4000, 5}, 5: {50000, 30}}
	table := Table{map[int][]int{1: {2, 4}, 2: {3}, 3: {1, 2}, 9: {5}}, func(pid int) process { return sizes[pid] }}
	assert.EqualValues(t, 321, table.Tree(1), "4 is older than 1; the circle ends")
	assert.EqualValues(t, 300, table.Tree(3))
	assert.Zero(t, Table{}.Tree(1))
}

func TestParsePS(t *testing.T) {
	table, err := parsePS([]byte("    1     0  14512\n  501     1   2048\n  777   501    512\n"))
	require.NoError(t, err)
	assert.EqualValues(t, 2560<<10, table.Tree(501))
	for _, bad := range []string{"PID PPID RSS\n", "1 0\n", "\n"} {
		_, err = parsePS([]byte(bad))
		assert.ErrorContains(t, err, "ps: ", "%q", bad)
	}
}

func TestParseStat(t *testing.T) {
	const rest = "S 41 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 7 0 1000 1234567 890 18446744073709551615"
	for _, name := range []string{"(api-gateway)", "(a) b (c))"} {
		parent, pages, err := parseStat([]byte("43 " + name + " " + rest))
		require.NoError(t, err)
		assert.Equal(t, 41, parent)
		assert.EqualValues(t, 890, pages)
	}
	for _, bad := range []string{"", "43 (x) S 41", "43 (x) " + strings.Replace(rest, "41", "x", 1), "43 (x) " + strings.Replace(rest, "890", "x", 1)} {
		_, _, err := parseStat([]byte(bad))
		assert.Error(t, err, bad)
	}
}
