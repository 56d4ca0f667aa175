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
