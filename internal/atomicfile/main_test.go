package atomicfile

import (
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m, nil) }
