package listen

import (
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{})
}
