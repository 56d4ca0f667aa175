package spec

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestChangedLines(t *testing.T) {
	assert.Empty(t, ChangedLines("a\n", "a\n"))
	assert.Equal(t, []Change{"created"}, ChangedLines("", "a\n"))
	assert.Equal(t, []Change{"- b", "+ c"}, ChangedLines("a\nb\n", "a\nc\n"))
	assert.Equal(t, []Change{"lines moved"}, ChangedLines("a\nb\n", "b\na\n"))
}
