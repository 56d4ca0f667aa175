package spec

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func FuzzJSONString(f *testing.F) {
	f.Add("plain")
	f.Add("\" \\ \n \x00 \x7f \u2028 🙂 \xff")
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal([]byte(JSONString(s)), &got))
		assert.Equal(t, string([]rune(s)), got)
	})
}
