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
}
