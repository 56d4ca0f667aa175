//go:build unix

package pathx

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// setPlaces replaces the account's and the machine's directories.
func setPlaces(t *testing.T) (user, system string) {
	t.Helper()
	root := t.TempDir()
	if runtime.GOOS == "darwin" {
		t.Setenv("HOME", root)
		return filepath.Join(root, "Library", "Application Support"), ""
	}
	user, system = filepath.Join(root, "user"), filepath.Join(root, "system")
	t.Setenv("XDG_CONFIG_HOME", user)
	t.Setenv("XDG_CONFIG_DIRS", system)
	os.Unsetenv("CONFIGURATION_DIRECTORY")
	return user, system
}

func serviceMain([]string) int { return 125 } // there are none
