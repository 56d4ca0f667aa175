package zoo

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	Main()
	os.Exit(m.Run())
}

func TestProcxIsRight(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Specimens {
		name := s.Group + "/" + s.Name
		require.False(t, names[name], "two are called %s", name)
		names[name] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := Judge(t.Context(), "procx", s)
			require.NoError(t, v.Err)
			assert.Equal(t, s.Leaks, v.Leak)
		})
	}
}
