package listen

import (
	"maps"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	helpers := map[string]func([]string) int{"holder": holder}
	maps.Copy(helpers, systemHelpers)
	testenv.Main(m, helpers)
}

// swap sets a variable for the duration of a test.
func swap[T any](t testing.TB, variable *T, value T) {
	old := *variable
	t.Cleanup(func() { *variable = old })
	*variable = value
}
