package pathx

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{
		"find":  helperFind,
		"write": helperWrite,
	})
}

// helperFind searches as the Finder in its first argument says, and prints the file
// that it found, or the error.
func helperFind(args []string) int {
	var f Finder
	if err := json.Unmarshal([]byte(args[0]), &f); err != nil {
		os.Stderr.WriteString(err.Error())
		return 2
	}
	file, err := f.Open()
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	os.Stdout.WriteString(file.Path)
	file.Close()
	return 0
}
