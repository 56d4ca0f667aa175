package pathx

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pathx imports x/sys and a few small packages of this module, and in particular no code page
// tables.
func TestImports(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skipf("needs the go command: %v", err)
	}
	for _, goos := range []string{"linux", "windows", "darwin"} {
		cmd := exec.Command("go", "list", "-deps", ".")
		cmd.Env = append(os.Environ(), "GOOS="+goos, "CGO_ENABLED=0")
		out, err := cmd.Output()
		require.NoError(t, err)
		for path := range strings.FieldsSeq(string(out)) {
			if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
				continue // the standard library
			}
			_, inner, ours := strings.Cut(path, "/surefoot/")
			known := strings.HasPrefix(path, "golang.org/x/sys/") ||
				ours && slices.Contains([]string{"pathx", "internal/atomicfile", "internal/shquote", "internal/trust", "internal/unixsec", "internal/winapi", "internal/wincall", "internal/winpath", "internal/winsec"}, inner)
			assert.True(t, known, "%s: %s", goos, path)
		}
	}
}
