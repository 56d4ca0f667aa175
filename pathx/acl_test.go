package pathx

import (
	_ "embed"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

//go:embed testdata/descriptors.txt
var descriptorsText string

type sample struct {
	sddl  string
	bytes []byte
}

// samples reads testdata/descriptors.txt: a name, the SDDL, the bytes.
func samples(t testing.TB) map[string]sample {
	t.Helper()
	all := map[string]sample{}
	_, text, _ := strings.Cut(descriptorsText, "\n\n")
	for part := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		lines := strings.Split(part, "\n")
		require.Len(t, lines, 3)
		b, err := hex.DecodeString(lines[2])
		require.NoError(t, err)
		all[strings.TrimPrefix(lines[0], "# ")] = sample{lines[1], b}
	}
	return all
}

const (
	sidAlice = "S-1-5-21-2000478354-1708537768-1957994488-1001"
	sidUsers = "S-1-5-32-545"
	sidAuth  = "S-1-5-11"
	sidOwn   = "S-1-5-80-1234567890-1234567890-1234567890-1234567890-1234567890"
)

func sidItself(sid string) string { return sid }

func TestAccountCheck(t *testing.T) {
	system, local := account{sid: sidSystem}, account{sid: sidLocalService, services: []string{sidOwn}}
	alice := account{sid: sidAlice}
	for _, tt := range []struct {
		name    string
		account account
		rights  accessMask
		owner   bool
		who     []string // nil: trusted
	}{
		{"file in Program Files", system, changeFile, false, nil},
		{"file in Program Files", alice, changeFile, false, nil},
		{"file made there by an installer", local, changeFile, false, nil},
		{"file made there by a user", system, changeFile, true, []string{sidAlice}},
		{"file made there by a user", alice, changeFile, false, nil},
		{"file in a directory made in C:", system, changeFile, false, []string{sidAuth}},
		{"file in the user's profile", system, changeFile, true, []string{sidAlice}},
		{"file in the user's profile", alice, changeFile, false, nil},

		{"root of C:", system, changeDir, false, nil},
		{"root of C:", system, fillDir, false, []string{sidAuth}},
		{"ProgramData", system, changeDir, false, nil},
		{"ProgramData", system, fillDir, false, []string{sidUsers}},
		{"directory made in ProgramData by an installer", system, changeDir, false, nil},
		{"directory made in ProgramData by an installer", system, fillDir, false, []string{sidUsers}},
		{"user's profile", system, changeDir, false, []string{sidAlice}},
		{"user's profile", alice, changeDir, false, nil},
		{"service's own directory", local, fillDir, false, nil},
		{"service's own directory", system, fillDir, false, []string{sidOwn}},

		{"empty DACL", system, changeFile, false, nil},
		{"denied before granted", system, changeFile, false, nil},
		{"everyone denied before some are granted", system, changeFile, false, nil},
		{"granted before denied", system, changeFile, false, []string{sidUsers}},
		{"two writers, one explicit", system, changeFile, false, []string{sidEveryone, sidUsers}},
		{"readable for everyone", system, changeFile, false, nil},
		{"owner rights", system, changeFile, false, nil},
		{"readable for everyone", system, readDir, false, []string{sidEveryone, "S-1-5-7"}},
		{"empty DACL", system, readDir, false, nil},
		{"service's own directory", local, readDir, false, nil},
	} {
		t.Run(tt.name+" for "+tt.account.sid, func(t *testing.T) {
			s, ok := samples(t)[tt.name]
			require.True(t, ok, "no such sample")
			d, err := parseDescriptor(s.bytes)
			require.NoError(t, err)
			err = tt.account.check(`C:\x`, d, tt.rights, false, sidItself)
			if tt.who == nil {
				require.NoError(t, err)
				return
			}
			var untrusted *UntrustedError
			require.ErrorAs(t, err, &untrusted)
			assert.Equal(t, tt.who, untrusted.Who)
			assert.Equal(t, tt.owner, untrusted.owner)
		})
	}
}

func TestAccountCheckFix(t *testing.T) {
	for _, tt := range []struct {
		name    string
		account account
		isDir   bool
		want    string
	}{
		{"file made there by a user", account{sid: sidSystem}, false, `icacls "C:\a b" /setowner *S-1-5-32-544`},
		{"granted before denied", account{sid: sidSystem}, false, `icacls "C:\a b" /remove:g *S-1-5-32-545`},
		{"file in a directory made in C:", account{sid: sidSystem}, false,
			`icacls "C:\a b" /inheritance:r /grant:r "*S-1-5-18:F" "*S-1-5-32-544:F" /remove:g *S-1-5-11`},
		{"two writers, one explicit", account{sid: sidLocalService}, true,
			`icacls "C:\a b" /inheritance:r /grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-19:(OI)(CI)RX" /remove:g *S-1-1-0 *S-1-5-32-545`},
	} {
		d, err := parseDescriptor(samples(t)[tt.name].bytes)
		require.NoError(t, err)
		var untrusted *UntrustedError
		require.ErrorAs(t, tt.account.check(`C:\a b`, d, changeFile, tt.isDir, sidItself), &untrusted, tt.name)
		assert.Equal(t, tt.want, untrusted.Fix)
	}
}

// Without a DACL, as on FAT, everybody may write; with an empty one, nobody.
func TestAccountCheckWithoutDACL(t *testing.T) {
	for name, change := range map[string]func(b []byte){
		"null":    func(b []byte) { binary.LittleEndian.PutUint32(b[16:], 0) },
		"missing": func(b []byte) { b[2] &^= 0x04 },
	} {
		t.Run(name, func(t *testing.T) {
			b := samples(t)["empty DACL"].bytes
			change(b)
			d, err := parseDescriptor(b)
			require.NoError(t, err)
			var untrusted *UntrustedError
			require.ErrorAs(t, account{sid: sidSystem}.check(`E:\x`, d, changeFile, false, sidItself), &untrusted)
			assert.Equal(t, []string{sidEveryone}, untrusted.Who)
			assert.Equal(t, `icacls "E:\x" /reset`, untrusted.Fix)
		})
	}
}

func TestParseACE(t *testing.T) {
	everyone := []byte{1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}
	mask := []byte{2, 0, 0, 0}
	body := func(parts ...[]byte) (b []byte) {
		for _, p := range append([][]byte{mask}, parts...) {
			b = append(b, p...)
		}
		return b
	}
	guid := make([]byte, 16)
	granted := ace{mask: fileWriteData, sid: sidEveryone}
	for _, tt := range []struct {
		name string
		kind byte
		body []byte
		want ace
		ok   bool
	}{
		{"allowed", 0, body(everyone), granted, true},
		{"denied", 1, body(everyone), ace{deny: true, mask: fileWriteData, sid: sidEveryone}, true},
		{"conditional grant", 9, body(everyone, []byte("artx")), granted, true},
		{"conditional denial counts for nothing", 10, body(everyone), ace{}, true},
		{"object without types", 5, body([]byte{0, 0, 0, 0}, everyone), granted, true},
		{"object with both types", 5, body([]byte{3, 0, 0, 0}, guid, guid, everyone), granted, true},
		{"object cut short", 5, body([]byte{3, 0, 0, 0}, guid), ace{}, false},
		{"compound, which nobody documents", 4, body(everyone), ace{}, false},
		{"no mask", 0, []byte{1, 2}, ace{}, false},
		{"no SID", 0, body(), ace{}, false},
	} {
		got, ok := parseACE(tt.kind, tt.body)
		assert.Equal(t, tt.ok, ok, tt.name)
		if ok {
			assert.Equal(t, tt.want, got, tt.name)
		}
	}
}

func TestParseSID(t *testing.T) {
	for text, b := range map[string][]byte{
		"S-1-5-18":                      {1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0},
		"S-1-5-32-544":                  {1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0},
		"S-1-0x010000000005-4294967295": {1, 1, 1, 0, 0, 0, 0, 5, 255, 255, 255, 255},
		"S-1-16":                        {1, 0, 0, 0, 0, 0, 0, 16},
	} {
		got, ok := parseSID(b)
		assert.True(t, ok)
		assert.Equal(t, text, got)
		_, ok = parseSID(b[:len(b)-1])
		assert.False(t, ok, "cut short: %s", text)
	}
	_, ok := parseSID([]byte{2, 0, 0, 0, 0, 0, 0, 5})
	assert.False(t, ok, "another revision")
	_, ok = parseSID(append([]byte{1, 16, 0, 0, 0, 0, 0, 5}, make([]byte, 64)...))
	assert.False(t, ok, "too many parts")
}

// Whatever the bytes are, they are read or refused, and what is cut off is refused.
func FuzzParseDescriptor(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := parseDescriptor(b)
		if err != nil {
			assert.ErrorIs(t, err, errDescriptor)
			return
		}
		assert.True(t, strings.HasPrefix(d.owner, "S-1-"))
		for _, e := range d.dacl {
			assert.True(t, strings.HasPrefix(e.sid, "S-1-"))
		}
		_ = account{sid: sidSystem}.check("x", d, changeFile, false, sidItself)
	})
}

func TestServiceAccount(t *testing.T) {
	for sid, want := range map[string]string{
		sidSystem: "LocalSystem", sidLocalService: "LocalService", sidNetworkService: "NetworkService", sidOwn: sidOwn, sidAlice: "", "S-1-5-80-0": "", "": "",
	} {
		assert.Equal(t, want, serviceAccount(sid))
	}
}
