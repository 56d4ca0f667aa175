package loop

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLastWords(t *testing.T) {
	numbered := func(n int) (lines []string) {
		for i := range n {
			lines = append(lines, fmt.Sprint("line ", i))
		}
		return lines
	}
	crash := slices.Concat([]string{"panic: a [recovered]", "\tpanic: b", ""}, numbered(100))
	for _, test := range []struct {
		name        string
		lines, want []string
	}{
		{"nothing", nil, nil},
		{"a few", []string{"no database"}, []string{"no database"}},
		{"many", numbered(50), numbered(50)[40:]},
		{"a panic", append(numbered(50), crash...), crash[:30]},
		{"a short one", append(numbered(50), crash[:2]...), crash[:2]},
		{"one of the runtime", append(numbered(50), "fatal error: all goroutines are asleep - deadlock!", "", "goroutine 1 [select]:"),
			[]string{"fatal error: all goroutines are asleep - deadlock!", "", "goroutine 1 [select]:"}},
		{"SIGQUIT", append(numbered(50), "SIGQUIT: quit"), []string{"SIGQUIT: quit"}},
	} {
		assert.Equal(t, test.want, lastWords(test.lines), test.name)
	}
}

func TestTailSince(t *testing.T) {
	log := &tail{most: 3}
	log.add("a")
	from := log.end()
	assert.Empty(t, log.since(from))
	log.add("b")
	log.add("c")
	assert.Equal(t, []string{"b", "c"}, log.since(from))
	log.add("d")
	log.add("e")
	assert.Equal(t, []string{"c", "d", "e"}, log.since(from), "what is still held")
}
