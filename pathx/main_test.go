package pathx

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serviceArg {
		os.Exit(serviceMain(os.Args[2:])) // the service manager passes no environment
	}
	testenv.Main(m, map[string]func([]string) int{
		"cat":        helperCat,
		"dirs":       helperDirs,
		"ensure":     helperEnsure,
		"find":       helperFind,
		"write":      helperWrite,
		"write-once": helperWriteOnce,
	})
}

// serviceArg makes the test binary a service.
const serviceArg = "-pathx-service"

// helperFind runs the Finder in its first argument and prints the file that it found, or the error.
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

// helperCat prints the file that its flag names.
func helperCat(args []string) int {
	f, err := Finder{App: app, Flag: args[0], Trust: TrustAlways}.Open()
	if err != nil {
		return exitCode(err)
	}
	defer f.Close()
	_, err = io.Copy(os.Stdout, f)
	return exitCode(err)
}

// helperDirs prints DirsOf and Explain.
func helperDirs(args []string) int {
	dirs, err := DirsOf(args[0])
	fmt.Printf("%+v %v\n", dirs, err)
	for _, a := range (Finder{App: args[0]}).Explain() {
		fmt.Println(a)
	}
	return 0
}

// helperEnsure calls EnsureDir and prints its error.
func helperEnsure(args []string) int { return exitCode(EnsureDir(args[0], false)) }

func helperWriteOnce(args []string) int { return exitCode(WriteFile(args[0], []byte("once"), 0o644)) }

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Println(err)
	return 1
}
