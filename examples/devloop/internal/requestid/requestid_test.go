package requestid

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestNew(t *testing.T) {
	for _, id := range []string{"a", "01J-abc_DEF.9:z", strings.Repeat("x", 64)} {
		assert.Equal(t, id, New(id), "taken over")
	}
	for _, id := range []string{"", strings.Repeat("x", 65), "a b", "a\nlevel=ERROR", "a\r\nX-Other: 1", `"`, "请求", "a\x00"} {
		first, second := New(id), New(id)
		assert.Regexp(t, valid, first, "%q is not taken over", id)
		assert.NotEqual(t, first, second)
	}
}

func TestContext(t *testing.T) {
	assert.Empty(t, From(t.Context()))
	assert.Equal(t, "outer", From(With(t.Context(), "outer")))
	assert.Equal(t, "inner", From(With(With(t.Context(), "outer"), "inner")))
}
