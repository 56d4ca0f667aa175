package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/consolex"
)

// catalogue returns a .mo file with a header and translations.
func catalogue(header string, translations ...string) []byte {
	texts := append([]string{header}, translations...)
	data := make([]byte, 28+8*len(texts))
	for i, n := range []uint32{0x950412de, 0, uint32(len(texts)), 28, 28} { // both tables are the same one
		binary.LittleEndian.PutUint32(data[4*i:], n)
	}
	for i, text := range texts {
		binary.LittleEndian.PutUint32(data[28+8*i:], uint32(len(text)))
		binary.LittleEndian.PutUint32(data[32+8*i:], uint32(len(data)))
		data = append(append(data, text...), 0)
	}
	return data
}

func TestReadLines(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, "zh_CN", "LC_MESSAGES")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	const header = "Project-Id-Version: x\nContent-Type: text/plain; charset="
	for name, data := range map[string][]byte{
		"a.mo": catalogue(header+"UTF-8\n", "状态\nASCII\n停止", "单\x00复", "状态"),
		"b.mo": catalogue(header+"GB2312\n", "\xc4\xe3\xba\xc3"),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), data, 0o600))
	}
	lines, err := readLines(dir, "zh_CN")
	require.NoError(t, err)
	assert.Equal(t, []string{"状态", "停止", "单", "复", "你好"}, lines, "each once, without ASCII")
	lines, err = readLines(dir, "ko")
	assert.Empty(t, lines)
	require.NoError(t, err)

	for _, data := range [][]byte{nil, make([]byte, 40), catalogue(header + "UTF-8\n")[:30]} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "c.mo"), data, 0o600))
		_, err := readLines(dir, "zh_CN")
		assert.ErrorContains(t, err, "c.mo")
	}
}

func TestSample(t *testing.T) {
	s, err := newSample(testCase{"zh_CN", consolex.GBK, false}, []string{"系统目录:      C:\\Windows\\system32", "你好", "한글"})
	require.NoError(t, err)
	assert.Len(t, s.lines, 2, "the page has no Hangul")
	for _, count := range []func(decode) []string{s.stream, s.alone, s.after} {
		assert.Empty(t, count(detect))
		assert.Len(t, count(lineByLine), 1, "the rule of before")
	}
}
