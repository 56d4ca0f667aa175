package consolex

import (
	"fmt"
	"maps"
	"os"
	"strconv"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	helpers := map[string]func([]string) int{"say": say, "ask": ask}
	maps.Copy(helpers, systemHelpers)
	testenv.Main(m, helpers)
}

// say is a child that writes each argument unchanged, the last one to standard error.
func say(args []string) int {
	for i, arg := range args {
		text, err := strconv.Unquote(arg)
		if err != nil {
			panic(err)
		}
		f := os.Stdout
		if i == len(args)-1 {
			f = os.Stderr
		}
		if _, err := f.WriteString(text); err != nil {
			return 2
		}
	}
	return 3
}

// ask is a child that prompts.
func ask([]string) int {
	var name string
	fmt.Print("Name: ")
	if _, err := fmt.Scanln(&name); err != nil {
		return 1
	}
	fmt.Println("你好", name)
	return 0
}
