package consolex

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBinaryHasNoTables builds one program that needs no code pages and one that does, and looks
// for a piece of the x/text tables in both.
func TestBinaryHasNoTables(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two programs")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	for program, want := range map[string]bool{
		`restore, _ := consolex.UTF8(); restore(); consolex.Stdout().Write(nil); print(consolex.KindOf(os.Stdin))`: false,
		`consolex.NewDecoder(os.Stdin, consolex.GBK).Read(nil)`:                                                    true,
	} {
		dir := t.TempDir()
		source := filepath.Join(dir, "main.go")
		require.NoError(t, os.WriteFile(source, []byte(`package main

import (
	"os"

	"github.com/surefoot-go/surefoot/consolex"
)

func main() { `+program+` }
`), 0o600))
		binary := filepath.Join(dir, "program")
		out, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput()
		require.NoError(t, err, "%s", out)
		data, err := os.ReadFile(binary)
		require.NoError(t, err)
		// GBK's table begins with U+4E02 U+4E04 U+4E05 U+4E06, low byte first.
		assert.Equal(t, want, bytes.Contains(data, []byte("\x02\x4e\x04\x4e\x05\x4e\x06\x4e")), program)
	}
}
