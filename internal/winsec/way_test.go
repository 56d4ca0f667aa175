package winsec

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// A tree maps the paths of a file system to "" for a directory, "file" for a file, or a link's
// target.
type tree map[string]string

func (tr tree) look(t *testing.T, open string, passed *[]string) func(string) (node, error) {
	return func(path string) (node, error) {
		*passed = append(*passed, shortPath(path))
		what, ok := tr[shortPath(path)]
		n := node{Descriptor: sddl(t, "O:SYD:P(A;;FA;;;SY)")}
		if shortPath(path) == open {
			n.Descriptor = sddl(t, "O:SYD:P(A;;FA;;;SY)(A;;FA;;;WD)")
		}
		switch what {
		case "":
			n.dir = true
		case "file":
		case "mount":
			n.link, n.dir = linkToMount, true
		case "unknown":
			n.link, n.dir = linkUnknown, true
		default:
			n.link, n.target = linkToPath, what
		}
		if _, _, absolute := split(path); !absolute || !ok && !isRoot(path) {
			return n, fs.ErrNotExist
		}
		return n, nil
	}
}

func TestWalk(t *testing.T) {
	const shared, volume = `\\srv\share\d`, `\\?\Volume{1}\d`
	tr := tree{
		`C:\a`: "", `C:\a\x.json`: "file", `C:\a\x y.json`: "file",
		`C:\b`: `\??\C:\c\b2`, `C:\c`: "", `C:\c\b2`: `..\a`, // a junction to a relative link
		`C:\chain`: `\??\C:\one\l`, `C:\one`: "", `C:\one\l`: `\??\D:\two\l`, `D:\two`: "", `D:\two\l`: `\??\E:\three`, `E:\three`: "", `E:\three\x`: "file",
		`C:\r`: `\a`, `C:\file`: `C:\a\x.json`, `C:\share`: `\??\UNC\srv\share\d`, shared: "", shared + `\x`: "file",
		`C:\vol`: `\??\Volume{1}\`, volume: "", volume + `\x`: "file", `C:\a\up`: `..\..\..\one`, `C:\one\x`: "file", `C:\dot`: `.\a\.\x.json`,
		`C:\loop`: `loop`, `C:\mount`: "mount", `C:\mount\x`: "file", `C:\odd`: "unknown", `C:\odd\x`: "file",
	}
	for _, tt := range []struct {
		path, end string
		passed    string // every name that must be checked
	}{
		{`C:\a\x.json`, `C:\a\x.json`, `C:\ C:\a`},
		{`c:/a/x y.json`, ``, ``}, // the tree is case-sensitive
		{`\\?\C:\a\x.json`, `C:\a\x.json`, `C:\ C:\a`},
		{`C:\b\x.json`, `C:\a\x.json`, `C:\ C:\b C:\c C:\c\b2 C:\a`},
		{`C:\chain\x`, `E:\three\x`, `C:\ C:\chain C:\one C:\one\l D:\ D:\two D:\two\l E:\ E:\three`},
		{`C:\r\x.json`, `C:\a\x.json`, `C:\ C:\r C:\a`},
		{`C:\file`, `C:\a\x.json`, `C:\ C:\file C:\a`},
		{`C:\share\x`, `\\srv\share\d\x`, `C:\ C:\share \\srv\share\ \\srv\share\d`},
		{`\\srv\share\d\x`, `\\srv\share\d\x`, `\\srv\share\ \\srv\share\d`},
		{`C:\vol\d\x`, volume + `\x`, `C:\ C:\vol \\?\Volume{1}\ \\?\Volume{1}\d`},
		{`C:\a\up\x`, `C:\one\x`, `C:\ C:\a C:\a\up C:\one`},
		{`C:\dot`, `C:\a\x.json`, `C:\ C:\dot C:\a`},
		{`C:\mount\x`, `C:\mount\x`, `C:\ C:\mount`},
		{`C:\odd\x`, `C:\odd\x`, `C:\ C:\odd`},
	} {
		var passed []string
		w, err := (&Account{SID: System}).walk(tt.path, tr.look(t, "", &passed))
		if tt.end == "" {
			require.ErrorIs(t, err, trust.ErrExchanged)
			continue
		}
		require.NoError(t, err, tt.path)
		assert.Equal(t, tt.end, shortPath(w.end), tt.path)
		assert.Equal(t, strings.Contains(tt.path, "odd"), w.opaque, tt.path)
		for name := range strings.FieldsSeq(tt.passed) {
			assert.Contains(t, passed, name, tt.path)
			_, err := (&Account{SID: System}).walk(tt.path, tr.look(t, name, new([]string)))
			var f *trust.Finding
			require.ErrorAs(t, err, &f, "%s, when everyone may exchange what is in %s", tt.path, name)
			assert.Equal(t, name, f.Path)
		}
	}
	for _, path := range []string{`C:\loop\x`, `C:\gone\x`, `C:\a\x.json\below`} {
		_, err := (&Account{SID: System}).walk(path, tr.look(t, "", new([]string)))
		require.ErrorIs(t, err, trust.ErrExchanged, path)
		require.NotErrorIs(t, err, fs.ErrNotExist, "not as what doesn't exist, which would go on")
	}
	for _, path := range []string{``, `a\b`, `\a`, `c:a`} {
		_, err := (&Account{SID: System}).walk(path, tr.look(t, "", new([]string)))
		require.ErrorContains(t, err, "not an absolute path", path)
	}
	denied := errors.New("denied")
	_, err := (&Account{SID: System}).walk(`C:\a\x`, func(string) (node, error) { return node{}, denied })
	require.ErrorIs(t, err, denied)
}

func TestSplit(t *testing.T) {
	for path, want := range map[string][2]string{
		`C:\a\b`: {`\\?\C:\`, `a\b`}, `c:/a/b`: {`\\?\c:\`, `a\b`}, `C:\`: {`\\?\C:\`, ``}, `\\?\C:\a`: {`\\?\C:\`, `a`}, `\??\C:\a`: {`\\?\C:\`, `a`},
		`\\srv\share\a`: {`\\?\UNC\srv\share\`, `a`}, `//srv/share`: {`\\?\UNC\srv\share\`, ``}, `\\?\unc\srv\share\a\b`: {`\\?\UNC\srv\share\`, `a\b`},
		`\\?\Volume{1}\a`: {`\\?\Volume{1}\`, `a`}, `\??\Volume{1}\`: {`\\?\Volume{1}\`, ``},
	} {
		root, rest, ok := split(path)
		assert.True(t, ok, path)
		assert.Equal(t, want, [2]string{root, rest}, path)
		assert.Equal(t, want[1] == "", isRoot(path), path)
	}
	for _, path := range []string{``, `a`, `\a`, `c:`, `c:a`, `\\srv`, `\\?\`} {
		_, _, ok := split(path)
		assert.False(t, ok, path)
	}
	for path, want := range map[string]string{
		`\\?\C:\a`: `C:\a`, `\\?\UNC\host\share\a`: `\\host\share\a`, `C:\a`: `C:\a`, `\\?\Volume{1}\a`: `\\?\Volume{1}\a`,
	} {
		assert.Equal(t, want, shortPath(path))
	}
}

// reparse returns a REPARSE_DATA_BUFFER laid out as the system does: the substitute name comes
// first in a junction, and after the print name in other links.
func reparse(tag uint32, target string) []byte {
	u := utf16.Encode([]rune(target))
	names := make([]byte, 0, 2*len(u))
	for _, c := range u {
		names = append(names, byte(c), byte(c>>8))
	}
	size := len(names)
	b := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), byte(tag >> 24), 0, 0, 0, 0, 0, 0, byte(size), byte(size >> 8), 0, 0, 0, 0}
	if tag == tagSymlink {
		b[8] = 4
		b = append(b, 1, 0, 0, 0, 'p', 0, '!', 0)
	}
	return append(b, names...)
}

func TestParseReparse(t *testing.T) {
	for _, tt := range []struct {
		name   string
		b      []byte
		kind   linkKind
		target string
	}{
		{"junction", reparse(tagMountPoint, `\??\C:\ü b`), linkToPath, `\??\C:\ü b`},
		{"symbolic link", reparse(tagSymlink, `..\b`), linkToPath, `..\b`},
		{"mounted volume", reparse(tagMountPoint, `\??\Volume{1}\`), linkToPath, `\??\Volume{1}\`},
		{"link to a share", reparse(tagSymlink, `\??\UNC\srv\share\d`), linkToPath, `\??\UNC\srv\share\d`},
		{"a host's directory in a container", reparse(tagMountPoint, `\??\ContainerMappedDirectories\1\`), linkToMount, ``},
		{"WSL link", []byte{0x1d, 0, 0, 0xa0, 2, 0, 0, 0, 1, 1}, linkUnknown, ``},
		{"deduplicated file", []byte{0x13, 0, 0, 0x80, 0, 0, 0, 0}, noLink, ``},
		{"cloud file", []byte{0x1a, 0, 0, 0x90, 0, 0, 0, 0}, noLink, ``},
		{"empty", nil, linkUnknown, ``},
		{"cut short", reparse(tagSymlink, `..\b`)[:21], linkUnknown, ``},
		{"no target", reparse(tagMountPoint, ``), linkUnknown, ``},
	} {
		kind, target := parseReparse(tt.b)
		assert.Equal(t, tt.kind, kind, tt.name)
		assert.Equal(t, tt.target, target, tt.name)
	}
}

// FuzzParseReparse checks that a link is never mistaken for a file, whatever the bytes are.
func FuzzParseReparse(f *testing.F) {
	f.Add(reparse(tagMountPoint, `\??\C:\b`))
	f.Add(reparse(tagSymlink, `..\b`))
	f.Add([]byte{0x13, 0, 0, 0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, target := parseReparse(b)
		assert.Equal(t, kind == linkToPath, target != "")
		if len(b) >= 4 {
			assert.Equal(t, b[3]&(nameSurrogate>>24) == 0, kind == noLink)
		}
	})
}
