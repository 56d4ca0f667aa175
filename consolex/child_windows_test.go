package consolex

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/windows"
)

// TestChildOnAConsole reads children that keep to their console's code page.
func TestChildOnAConsole(t *testing.T) {
	assert.Equal(t, []string{
		"936: Output 936, ChildOf 936",
		"你好 from C",
		"中文 from Go",
		"936: cmd says: 你好",
		"65001: Output 65001, ChildOf 65001",
		"own console: true",
	}, runHelper(t, "child"))
}

func helpChild([]string) error {
	if _, err := newConsole(936); err != nil {
		return err
	}
	fmt.Printf("936: Output %v, ChildOf %v\n", Output(), ChildOf(nil))
	cmd := self("say", `"\xc4\xe3\xba\xc3 from C\n"`, `"中文 from Go\n"`)
	cmd.Stderr = nil
	out, err := CombinedOutput(cmd)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		return err
	}
	fmt.Print(out)
	out, err = CombinedOutput(exec.Command("cmd", "/c", "echo", "你好"))
	fmt.Println("936: cmd says:", strings.TrimSpace(out))
	if err != nil {
		return err
	}
	err = With(func() error {
		_, err := fmt.Printf("65001: Output %v, ChildOf %v\n", Output(), ChildOf(nil))
		return err
	})
	apart := exec.Command("x")
	apart.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	fmt.Println("own console:", ChildOf(apart) == OEM())
	return err
}
