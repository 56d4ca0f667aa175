package loop

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOutput(t *testing.T) {
	long := strings.Repeat("长", maxLine/3) + "长长"
	for _, test := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"lines", []string{"a\nb\n"}, []string{"a", "b"}},
		{"in pieces", []string{"a", "b\nc", "d", "\n"}, []string{"ab", "cd"}},
		{"of Windows", []string{"a\r", "\nb\r\n"}, []string{"a", "b"}},
		{"empty", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"not terminated", []string{"a\nb"}, []string{"a", "b"}},
		{"a rune in pieces", []string{"\xe4\xb8", "\xad文\n"}, []string{"中文"}},
		{"too long", []string{long + "\n"}, []string{long[:maxLine-2], "长长"}},
		{"too long, not terminated", []string{long}, []string{long[:maxLine-2], "长长"}},
		{"coloured", []string{"\x1b[31mred\x1b[0m\n"}, []string{"\x1b[31mred\x1b[0m"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var printed bytes.Buffer
			log := &tail{most: 10}
			stream := newOutput(&printed, []string{"dev", "service"}, false).stream("service", log)
			for _, text := range test.writes {
				_, err := io.WriteString(stream, text)
				require.NoError(t, err)
			}
			require.NoError(t, stream.Close())
			var want strings.Builder
			for _, line := range test.want {
				want.WriteString("service | " + line + "\n")
			}
			assert.Equal(t, want.String(), printed.String())
			plain := strings.NewReplacer("\x1b[31m", "", "\x1b[0m", "").Replace(strings.Join(test.want, "\n"))
			assert.Equal(t, plain, strings.Join(log.last(10), "\n"))
		})
	}
}

// Lines of programs that write at the same time stay whole.
func TestOutputTogether(t *testing.T) {
	var printed bytes.Buffer
	names := []string{"one", "another"}
	out := newOutput(&printed, names, true)
	var wg sync.WaitGroup
	for _, name := range names {
		wg.Go(func() {
			stream := out.stream(name, &tail{most: 1})
			defer stream.Close()
			for range 1000 {
				for _, piece := range []string{"hel", "lo of ", name, "\n"} {
					io.WriteString(stream, piece)
				}
			}
		})
	}
	wg.Wait()
	for line := range strings.Lines(printed.String()) {
		prefix, name, _ := strings.Cut(line, "hello of ")
		name = strings.TrimSuffix(name, "\n")
		if !assert.Equal(t, fmt.Sprintf("\x1b[%sm%-7s |\x1b[0m ", colours[slices.Index(names, name)], name), prefix) {
			return
		}
	}
	assert.Equal(t, 2000, strings.Count(printed.String(), "\n"))
}

func TestTail(t *testing.T) {
	log := &tail{most: 3}
	for _, line := range []string{"a", "b", "c", "d"} {
		log.add(line)
	}
	assert.Equal(t, []string{"b", "c", "d"}, log.last(10))
	assert.Equal(t, []string{"c", "d"}, log.last(2))
}
