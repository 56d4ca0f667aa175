package pathx

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"a", "a.b", ".hidden", "...a", "a b", " a", "世界.json", "COM0", "null", "a" + strings.Repeat("x", 254), "$Recycle.Bin", "100%", "~1", "a~", "a~b", "a.~1~", "backup~1.json", "CONFIG~1.JSON", "a~1.tar.gz", "~1.txt"} {
		assert.NoError(t, CheckName(name), name)
	}
	for name, want := range map[string]string{
		"":                       "empty",
		".":                      "names a directory",
		"..":                     "names a directory",
		"a/b":                    "separator",
		`a\b`:                    "separator",
		"c:x":                    "colon",
		"a:b":                    "colon",
		"a:$DATA":                "colon",
		"nul:":                   "colon",
		"a\x00":                  "control",
		"a\nb":                   "control",
		"a\x7f":                  "control",
		"a?":                     "<>",
		"*":                      "<>",
		`"a"`:                    "<>",
		"a<b":                    "<>",
		"a>b":                    "<>",
		"a|b":                    "<>",
		"a.":                     "dot or a space",
		"a ":                     "dot or a space",
		"...":                    "dot or a space",
		"nul":                    "reserved",
		"Nul.txt":                "reserved",
		"nul .txt":               "reserved",
		"COM¹.log":               "reserved",
		"CONIN$":                 "reserved",
		strings.Repeat("x", 256): "256 bytes",
		strings.Repeat("世", 86):  "258 bytes",
		"a\xff":                  "UTF-8",
		"CONFIG~1.JSO":           "short name",
		"progra~1":               "short name",
		"ab12~123.x":             "short name",
		"配置~1.JSO":               "short name",
		`\\?\c:\x`:               "separator",
		`\??\c:`:                 "separator",
	} {
		err := CheckName(name)
		require.ErrorIs(t, err, ErrName, name)
		assert.ErrorContains(t, err, want, name)
		assert.Less(t, len(err.Error()), 1500)
	}
}

func TestJoin(t *testing.T) {
	root := t.TempDir()
	for _, tt := range []struct {
		elem []string
		want string // with slashes, below root
	}{
		{nil, "."},
		{[]string{""}, "."},
		{[]string{"."}, "."},
		{[]string{"a"}, "a"},
		{[]string{"a", "b"}, "a/b"},
		{[]string{"a/b"}, "a/b"},
		{[]string{`a\b`}, "a/b"},
		{[]string{`a//b\`}, "a/b"},
		{[]string{"a/../b"}, "b"},
		{[]string{"a", ".."}, "."},
		{[]string{"a", "../b"}, "b"},
		{[]string{"./a/./b"}, "a/b"},
	} {
		got, err := Join(root, tt.elem...)
		require.NoError(t, err, "%q", tt.elem)
		assert.Equal(t, filepath.Join(root, filepath.FromSlash(tt.want)), got, "%q", tt.elem)
	}
	for _, elem := range [][]string{
		{".."}, {"a/../.."}, {"a", "..", ".."}, {`..\a`}, {`a\..\..\b`}, {"a", `..\..`},
		{"/a"}, {`\a`}, {`C:\a`}, {"C:a"}, {"C:"}, {`\\host\share`}, {`//host/share`}, {`\\?\C:\a`}, {`\??\C:\a`}, {`\\.\NUL`},
		{"a", "/b"}, {"a:b"}, {"a/nul"}, {"a/NUL.txt/b"}, {"com1"}, {"a."}, {"a /b"}, {"a/..."}, {"a\x00b"}, {"a\x01"}, {"a*"},
	} {
		_, err := Join(root, elem...)
		assert.ErrorIs(t, err, ErrName, "%q", elem)
	}
	for _, bad := range []string{"", "a\x00"} {
		_, err := Join(bad, "a")
		assert.ErrorIs(t, err, ErrName, "root %q", bad)
	}
}

func TestCheckRoot(t *testing.T) {
	for _, tt := range []struct {
		goos, root string
		ok         bool
	}{
		{"windows", "C:", false}, {"windows", "C:x", false}, {"windows", `C:\`, true}, {"windows", `\\host\share`, true}, {"windows", "x", true},
		{"windows", `\\?\C:\x`, true}, {"linux", "C:", true}, {"linux", "/", true}, {"linux", "", false},
	} {
		assert.Equal(t, tt.ok, checkRoot(tt.goos, tt.root) == nil, "%s %q", tt.goos, tt.root)
	}
}

func TestCheckOpenable(t *testing.T) {
	for _, path := range []string{`C:\a\b.json`, `a.json`, `..\a`, `.\a`, `\a`, `\\host\share\a`, `//host/share/a`, `\\?\C:\a`, `\\?\UNC\host\share\a`, `C:/a b/c`} {
		assert.NoError(t, checkOpenable("windows", path), path)
	}
	for _, path := range []string{`NUL`, `C:\a\nul.txt`, `com1`, `C:\a:stream`, `a:b:c`, `C:a`, `C:`, `\\.\pipe\x`, `\\.\C:\a`, `\??\C:\a`, `\\?\GLOBALROOT\x`,
		`\\..\..\a`, `//../../a`, `\\host\..\c$`, `\\?\UNC\host\..\x`, `\\?\UNC\host\a:b\x`,
		`\\host\pipe\x`, `//host/PIPE/x`, `\\?\UNC\host\Pipe\x`, `\\host\mailslot\x`, `\\host\pipe`,
		`C:\a.json.`, `C:\a.json `, `C:\a?`, "a\x00b", "a\nb", `C:\CON\a`} {
		assert.ErrorIs(t, checkOpenable("windows", path), ErrName, path)
	}
	for _, path := range []string{"NUL", "a:b", "/etc/a.json ", `a\b`, "a?"} {
		assert.NoError(t, checkOpenable("linux", path), path)
	}
	assert.ErrorIs(t, checkOpenable("linux", "a\x00b"), ErrName)
	for _, goos := range []string{"windows", "linux"} {
		assert.ErrorIs(t, checkOpenable(goos, ""), ErrName)
		assert.NoError(t, checkOpenable(goos, strings.Repeat("配", 90)), "270 bytes, 90 UTF-16 units")
		assert.NoError(t, checkOpenable(goos, `CONFIG~1.JSO`), "an existing name may be opened")
	}
	assert.NoError(t, checkOpenable("windows", strings.Repeat("配", 255)))
	assert.ErrorContains(t, checkOpenable("windows", strings.Repeat("配", 256)), "256 UTF-16 units")
	assert.ErrorContains(t, checkOpenable("windows", strings.Repeat("😀", 128)), "256 UTF-16 units")
}
