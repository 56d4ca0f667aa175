package winpath

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The volumes are those of Go 1.27's path/filepath. pathx's TestLexVolumeAgainstGo has what older
// releases say.
var volumeTests = []struct {
	path   string
	kind   Kind
	volume string
}{
	{``, Relative, ``},
	{`a`, Relative, ``},
	{`a\b`, Relative, ``},
	{`.\a`, Relative, ``},
	{`2:`, DriveRelative, `2:`},
	{`c:`, DriveRelative, `c:`},
	{`c:a`, DriveRelative, `c:`},
	{`c:..\a`, DriveRelative, `c:`},
	{`c:\`, Drive, `c:`},
	{`c:/foo/bar`, Drive, `c:`},
	{`C:\foo/bar`, Drive, `C:`},
	{`\`, Rooted, ``},
	{`/`, Rooted, ``},
	{`\windows`, Rooted, ``},
	{`/foo/bar`, Rooted, ``},
	{`\\host`, UNC, `\\host`},
	{`\\host\`, UNC, `\\host\`},
	{`\\host\share`, UNC, `\\host\share`},
	{`//host/share/foo///bar`, UNC, `//host/share`},
	{`\\host\share\\foo\\\bar`, UNC, `\\host\share`},
	{`\/host\share`, UNC, `\/host\share`},
	{`\\\host\share`, UNC, `\\\host`},
	{`//`, UNC, `//`},
	{`\\.`, Device, `\\.`},
	{`\\.\`, Device, `\\.\`},
	{`\\.\NUL`, Device, `\\.\NUL`},
	{`\\.\C:\x`, Device, `\\.\C:`},
	{`//./pipe/docker_engine`, Device, `//./pipe`},
	{`\\.\unc\host\share\x`, Device, `\\.\unc\host\share`},
	{`\\.\UNC`, Device, `\\.\UNC`},
	{`\\.\uncle\host`, Device, `\\.\uncle`},
	{`\??\c:\x`, Device, `\??\c:`},
	{`/??/c:/x`, Device, `/??/c:`},
	{`\??`, Device, `\??`},
	{`\???`, Rooted, ``},
	{`\\?\c:\x`, Verbatim, `\\?\c:`},
	{`\\?\c:`, Device, `\\?\c:`},
	{`\\?\UNC\host\share\x`, Verbatim, `\\?\UNC\host\share`},
	{`\\?\unc\host`, Verbatim, `\\?\unc\host`},
	{`\\?\UNC`, Verbatim, `\\?\UNC`},
	{`\\?\uncle\host`, Device, `\\?\uncle`},
	{`//?/UNC/host/share/x`, Device, `//?/UNC/host/share`},
	{`\??\UNC\host\share\x`, Device, `\??\UNC\host\share`},
	{`\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}\x`, Verbatim, `\\?\Volume{26a21bda-a627-11d7-9931-806e6f6e6963}`},
	{`\\?\GLOBALROOT\Device\x`, Device, `\\?\GLOBALROOT`},
	{`\\?\pipe\x`, Device, `\\?\pipe`},
	{`\\?\1:\x`, Device, `\\?\1:`},
	{`//?/c:/x`, Device, `//?/c:`},
	{`\\?`, Device, `\\?`},
	{`\\?x\share`, UNC, `\\?x\share`},
	{`世:`, Relative, ``},
	{`\\..\..\a`, BadVolume, ``},
	{`//../../a`, BadVolume, ``},
	{`\\i\..`, BadVolume, ``},
	{`\\..`, BadVolume, ``},
	{`\\i\..\c$`, BadVolume, ``},
	{`\\.\..\x`, BadVolume, ``},
	{`\\.\UNC\..\share`, BadVolume, ``},
	{`\\?\..\x`, BadVolume, ``},
	{`\\?\UNC\host\..\x`, BadVolume, ``},
	{`\??\..`, BadVolume, ``},
	{`\\...\share`, UNC, `\\...\share`},
	{`\\host\..x\y`, UNC, `\\host\..x`},
	{`\\host\share\..\..\x`, UNC, `\\host\share`},
	{`C:\..\..\x`, Drive, `C:`},
	{`\..\..\x`, Rooted, ``},
}

func TestVolume(t *testing.T) {
	for _, tt := range volumeTests {
		kind, n := Volume(tt.path)
		assert.Equal(t, tt.kind, kind, tt.path)
		assert.Equal(t, tt.volume, tt.path[:n], tt.path)
	}
}

func TestIsReserved(t *testing.T) {
	devices := []string{"CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "LPT9", "COM¹", "com²", "Lpt³", "CONIN$", "conout$", "nUl"}
	for _, name := range devices {
		for _, disguise := range []string{"", ".txt", ".tar.gz", " ", "  ", " .txt", ".", ":", ":stream", ": ", ". x"} {
			assert.True(t, IsReserved(name+disguise), name+disguise)
		}
	}
	for _, name := range []string{"", ".", "..", "CONX", "XCON", "COM", "COM0", "COM10", "LPT", "COMA", "NULL", " NUL", "x.nul", ".nul", "CONIN", "CLOCK$",
		"CO", "COM⁴", "AUX_", "nul-1"} {
		assert.False(t, IsReserved(name), name)
	}
}

func TestElements(t *testing.T) {
	for path, want := range map[string][]string{
		"": {""}, "a": {"a"}, `a\b/c`: {"a", "b", "c"}, `/a//b\`: {"", "a", "", "b", ""},
	} {
		assert.Equal(t, want, slices.Collect(Elements(path)), path)
	}
	for range Elements("a/b") {
		break
	}
}

func TestExtended(t *testing.T) {
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
		assert.Equal(t, want, Extended(path))
	}
}
