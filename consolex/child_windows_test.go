package consolex

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// TestChildOnConsole decodes children that use their console's code page.
func TestChildOnConsole(t *testing.T) {
	assert.Equal(t, []string{
		"936: Output 936, ChildOf 936",
		"你好 from C",
		"中文 from Go",
		"936: cmd says: 你好",
		"65001: Output 65001, ChildOf OEM: true",
		"own console: true true true",
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
		_, err := fmt.Printf("65001: Output %v, ChildOf OEM: %v\n", Output(), ChildOf(nil) == OEM())
		return err
	})
	fmt.Print("own console:")
	for _, flag := range []uint32{windows.CREATE_NO_WINDOW, windows.CREATE_NEW_CONSOLE, windows.DETACHED_PROCESS} {
		apart := exec.Command("x")
		apart.SysProcAttr = &syscall.SysProcAttr{CreationFlags: flag}
		fmt.Print(" ", ChildOf(apart) == OEM())
	}
	fmt.Println()
	return err
}

// TestMachinePages compares with the registry, because GetACP returns 65001 in a process with a
// manifest.
func TestMachinePages(t *testing.T) {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Nls\CodePage`, registry.QUERY_VALUE)
	require.NoError(t, err)
	defer key.Close()
	for name, cp := range map[string]CodePage{"ACP": ANSI(), "OEMCP": OEM()} {
		text, _, err := key.GetStringValue(name)
		require.NoError(t, err)
		assert.Equal(t, text, cp.String(), name)
	}
}
