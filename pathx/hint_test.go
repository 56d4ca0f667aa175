package pathx

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnexpanded(t *testing.T) {
	for path, want := range map[string]string{
		"~": "~", "~/x": "~", `~\x`: "~", "a/~/x": "", "~x": "", "x~": "",
		"${HOME}/x": "${HOME}", "/a/${X:-d}/b": "${X:-d}", `C:\${X`: "", "$$": "",
		`%X%\x`: "%X%", `C:\%ProgramFiles(x86)%\x`: "%ProgramFiles(x86)%", "100%": "", "%%": "",
		"$HOME/x": "$HOME", `$env:USERPROFILE\x`: "$env:USERPROFILE", `\\srv\c$\x`: "", `C:\$Recycle.Bin`: "", "/a/b.json": "",
	} {
		assert.Equal(t, want, unexpanded(path), path)
	}
}

// The hint is given if the path of a flag or variable does not exist, whatever directory the path
// is relative to.
func TestOpenUnexpandedPath(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, path := range []string{"${HOME}/x", "~/x", `%X%\x`} {
		_, err := Finder{App: app, Flag: path}.Open()
		require.ErrorContains(t, err, "nothing has expanded "+unexpanded(path))
		t.Setenv("PATHX_TEST_CONFIG", path)
		_, err = Finder{App: app, EnvVar: "PATHX_TEST_CONFIG"}.Open()
		require.ErrorContains(t, err, "nothing has expanded "+unexpanded(path))
	}
}

func TestHints(t *testing.T) {
	assert.Contains(t, missingDriveHint(`X:\conf\a.json`, `\\srv\share`), `use \\srv\share\conf\a.json`)
	assert.Contains(t, missingDriveHint(`X:\conf\a.json`, ``), `\\server\share path`)
	assert.Contains(t, relativeHint("windows", "a.json"), "System32")
	assert.Contains(t, relativeHint("linux", "a.json"), "root directory")
}
