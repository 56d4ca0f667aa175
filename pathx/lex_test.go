package pathx

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The volumes are those of Go 1.27's path/filepath. TestLexVolumeAgainstGo has what older
// releases say.
var lexTests = []struct {
	path   string
	kind   volumeKind
	volume string
}{
	{``, relative, ``},
	{`a`, relative, ``},
	{`a\b`, relative, ``},
	{`.\a`, relative, ``},
	{`2:`, driveRelative, `2:`},
	{`c:`, driveRelative, `c:`},
	{`c:a`, driveRelative, `c:`},
	{`c:..\a`, driveRelative, `c:`},
	{`c:\`, drive, `c:`},
	{`c:/foo/bar`, drive, `c:`},
	{`C:\foo/bar`, drive, `C:`},
	{`\`, rooted, ``},
	{`/`, rooted, ``},
	{`\windows`, rooted, ``},
	{`/foo/bar`, rooted, ``},
	{`\\host`, unc, `\\host`},
	{`\\host\`, unc, `\\host\`},
	{`\\host\share`, unc, `\\host\share`},
	{`//host/share/foo///bar`, unc, `//host/share`},
	{`\\host\share\\foo\\\bar`, unc, `\\host\share`},
	{`\/host\share`, unc, `\/host\share`},
	{`\\\host\share`, unc, `\\\host`},
	{`//`, unc, `//`},
	{`\\.`, device, `\\.`},
	{`\\.\`, device, `\\.\`},
	{`\\.\NUL`, device, `\\.\NUL`},
	{`\\.\C:\x`, device, `\\.\C:`},
	{`//./pipe/docker_engine`, device, `//./pipe`},
	{`\\.\unc\host\share\x`, device, `\\.\unc\host\share`},
	{`\\.\UNC`, device, `\\.\UNC`},
	{`\\.\uncle\host`, device, `\\.\uncle`},
	{`\??\c:\x`, device, `\??\c:`},
	{`/??/c:/x`, device, `/??/c:`},
	{`\??`, device, `\??`},
	{`\???`, rooted, ``},
	{`\\?\c:\x`, verbatim, `\\?\c:`},
	{`\\?\c:`, device, `\\?\c:`},
	{`\\?\UNC\host\share\x`, verbatim, `\\?\UNC\host\share`},
	{`\\?\unc\host`, verbatim, `\\?\unc\host`},
	{`\\?\UNC`, verbatim, `\\?\UNC`},
	{`\\?\uncle\host`, device, `\\?\uncle`},
	{`//?/UNC/host/share/x`, device, `//?/UNC/host/share`},
	{`\??\UNC\host\share\x`, device, `\??\UNC\host\share`},
	{`\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\x`, verbatim, `\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}`},
	{`\\?\GLOBALROOT\Device\x`, device, `\\?\GLOBALROOT`},
	{`\\?\pipe\x`, device, `\\?\pipe`},
	{`\\?\1:\x`, device, `\\?\1:`},
	{`//?/c:/x`, device, `//?/c:`},
	{`\\?`, device, `\\?`},
	{`\\?x\share`, unc, `\\?x\share`},
	{`世:`, relative, ``},
	{`\\..\..\a`, badVolume, ``},
	{`//../../a`, badVolume, ``},
	{`\\i\..`, badVolume, ``},
	{`\\..`, badVolume, ``},
	{`\\i\..\c$`, badVolume, ``},
	{`\\.\..\x`, badVolume, ``},
	{`\\.\UNC\..\share`, badVolume, ``},
	{`\\?\..\x`, badVolume, ``},
	{`\\?\UNC\host\..\x`, badVolume, ``},
	{`\??\..`, badVolume, ``},
	{`\\...\share`, unc, `\\...\share`},
	{`\\host\..x\y`, unc, `\\host\..x`},
	{`\\host\share\..\..\x`, unc, `\\host\share`},
	{`C:\..\..\x`, drive, `C:`},
	{`\..\..\x`, rooted, ``},
}

func TestLexVolume(t *testing.T) {
	for _, tt := range lexTests {
		kind, n := lexVolume(tt.path)
		assert.Equal(t, tt.kind, kind, tt.path)
		assert.Equal(t, tt.volume, tt.path[:n], tt.path)
	}
}

func TestIsReserved(t *testing.T) {
	devices := []string{"CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "LPT9", "COM¹", "com²", "Lpt³", "CONIN$", "conout$", "nUl"}
	for _, name := range devices {
		for _, disguise := range []string{"", ".txt", ".tar.gz", " ", "  ", " .txt", ".", ":", ":stream", ": ", ". x"} {
			assert.True(t, isReserved(name+disguise), name+disguise)
		}
	}
	for _, name := range []string{"", ".", "..", "CONX", "XCON", "COM", "COM0", "COM10", "LPT", "COMA", "NULL", " NUL", "x.nul", ".nul", "CONIN", "CLOCK$",
		"CO", "COM⁴", "AUX_", "nul-1"} {
		assert.False(t, isReserved(name), name)
	}
}

func TestElements(t *testing.T) {
	for path, want := range map[string][]string{
		"": {""}, "a": {"a"}, `a\b/c`: {"a", "b", "c"}, `/a//b\`: {"", "a", "", "b", ""},
	} {
		assert.Equal(t, want, slices.Collect(elements(path)), path)
	}
	for range elements("a/b") {
		break
	}
}

func TestExtendedPath(t *testing.T) {
	long := strings.Repeat(`\long`, 60)
	for path, want := range map[string]string{
		`C:\short`:                  `C:\short`,
		`C:` + long:                 `\\?\C:` + long,
		`C:/a` + long:               `\\?\C:\a` + long,
		`\\host\share` + long:       `\\?\UNC\host\share` + long,
		`\\?\C:` + long:             `\\?\C:` + long,
		`\\?\UNC\host\s` + long:     `\\?\UNC\host\s` + long,
		strings.TrimLeft(long, `\`): strings.TrimLeft(long, `\`),
	} {
		assert.Equal(t, want, extendedPath(path))
	}
}

func TestHints(t *testing.T) {
	assert.Contains(t, missingDriveHint(`X:\conf\a.json`, `\\srv\share`), `use \\srv\share\conf\a.json`)
	assert.Contains(t, missingDriveHint(`X:\conf\a.json`, ``), `\\server\share path`)
	assert.Contains(t, relativeHint("windows", "a.json"), "System32")
	assert.Contains(t, relativeHint("linux", "a.json"), "root directory")
}
