package winsvc

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// TestCommandLineToArgv checks that CommandLineToArgvW splits the results of CommandLine correctly.
func TestCommandLineToArgv(t *testing.T) {
	words := []string{"plain", "", "two words", `say "hi"`, `C:\dir\`, `C:\my dir\`, `\\server\"share"\\`, `"`, `\"`, `a\\"b`, "ü 中文 🙂", "tab\there", "^&|<>"}
	got, err := windows.DecomposeCommandLine(CommandLine(`C:\Program Files\x.exe`, words))
	require.NoError(t, err)
	assert.Equal(t, append([]string{`C:\Program Files\x.exe`}, words...), got)
}
