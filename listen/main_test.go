package listen

import (
	"maps"
	"os"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	helpers := map[string]func([]string) int{"holder": holder}
	maps.Copy(helpers, systemHelpers)
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=50") // or each helper of a -race build would end a second later
	}
	testenv.Main(m, helpers)
}

// swap sets a variable for the time of a test.
func swap[T any](t testing.TB, variable *T, value T) {
	old := *variable
	t.Cleanup(func() { *variable = old })
	*variable = value
}
