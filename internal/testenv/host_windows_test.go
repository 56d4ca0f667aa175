package testenv

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHostShell(t *testing.T) {
	if !IsWine() {
		t.Skip("Wine's host is a Unix system")
	}
	out, code := HostShell(t, "echo 'it'\"'\"'s here'; echo \"and here\" >&2; exit 3")
	assert.Equal(t, "it's here\nand here\n", out)
	assert.Equal(t, 3, code)

	// A process that has started 500 of them still has all its own handles.
	for range 500 {
		assert.NoError(t, startUnix(`Z:\bin\true`, "true"))
	}
}
