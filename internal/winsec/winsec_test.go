package winsec

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/trust"
)

const (
	alice         = "S-1-5-21-2000478354-1708537768-1957994488-1001"
	authenticated = "S-1-5-11"
	ownService    = "S-1-5-80-1234567890-1234567890-1234567890-1234567890-1234567890"
)

// requireFinding requires that err is a finding about sids, or nil if there are none.
func requireFinding(t testing.TB, err error, owner bool, sids []string) {
	t.Helper()
	if sids == nil {
		require.NoError(t, err)
		return
	}
	var f *trust.Finding
	require.ErrorAs(t, err, &f)
	require.Len(t, f.Who, len(sids), "%v", f)
	for i, sid := range sids {
		assert.Contains(t, f.Who[i], sid)
	}
	assert.Equal(t, owner, f.Owner)
	assert.NotEqual(t, f.Fix == "", f.Advice == "", "one of the two: %+v", f)
}

func TestAccountCheck(t *testing.T) {
	system, local := Account{SID: System}, Account{SID: LocalService, Also: []string{ownService}}
	user := Account{SID: alice}
	for _, tt := range []struct {
		name    string
		account Account
		use     Use
		owner   bool
		who     []string // nil if trusted
	}{
		{"file in Program Files", system, ForReading, false, nil},
		{"file in Program Files", user, ForReading, false, nil},
		{"file made there by an installer", local, ForReading, false, nil},
		{"file made there by a user", system, ForReading, true, []string{alice}},
		{"file made there by a user", user, ForReading, false, nil},
		{"file in a directory made in C:", system, ForReading, false, []string{authenticated}},
		{"file in the user's profile", system, ForReading, true, []string{alice}},
		{"file in the user's profile", user, ForReading, false, nil},

		{"root of C:", system, ForPassing, false, nil},
		{"root of C:", system, ForContents, false, []string{authenticated}},
		{"ProgramData", system, ForPassing, false, nil},
		{"ProgramData", system, ForContents, false, []string{Users}},
		{"directory made in ProgramData by an installer", system, ForPassing, false, nil},
		{"directory made in ProgramData by an installer", system, ForContents, false, []string{Users}},
		{"user's profile", system, ForPassing, false, []string{alice}},
		{"user's profile", user, ForPassing, false, nil},
		{"service's own directory", local, ForContents, false, nil},
		{"service's own directory", system, ForContents, false, []string{ownService}},

		{"empty DACL", system, ForReading, false, nil},
		{"denied before granted", system, ForReading, false, nil},
		{"everyone denied before some are granted", system, ForReading, false, nil},
		{"granted before denied", system, ForReading, false, []string{Users}},
		{"two writers, one explicit", system, ForReading, false, []string{Everyone, Users}},
		{"readable for everyone", system, ForReading, false, nil},
		{"owner rights", system, ForReading, false, nil},
		{"readable for everyone", system, ForSecrets, false, []string{Everyone, "S-1-5-7"}},
		{"empty DACL", system, ForSecrets, false, nil},
		{"service's own directory", local, ForSecrets, false, nil},
	} {
		t.Run(tt.name+" for "+tt.account.SID, func(t *testing.T) {
			s, ok := samples(t)[tt.name]
			require.True(t, ok, "no such sample")
			d, err := Parse(s.bytes)
			require.NoError(t, err)
			path := `C:\x`
			if tt.name == "root of C:" {
				path = `C:\`
			}
			requireFinding(t, tt.account.Check(path, d, tt.use), tt.owner, tt.who)
		})
	}
}

// TestOneRule covers the cases in which the packages of this module once gave different results.
func TestOneRule(t *testing.T) {
	const closed = "(A;;FA;;;SY)(A;;FA;;;BA)"
	for _, tt := range []struct {
		name, path, sddl string
		use              Use
		owner            bool
		who              []string
	}{
		{"only administrators write", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x1200a9;;;BU)", ForReading, false, nil},
		{"one user may write", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x1301bf;;;" + alice + ")", ForReading, false, []string{alice}},
		{"a user owns it", `C:\a\x.exe`, "O:" + alice + "D:P" + closed, ForReading, true, []string{alice}},
		{"TrustedInstaller owns it", `C:\a\x.exe`, "O:" + TrustedInstaller + "D:P" + closed, ForReading, false, nil},
		{"a container's administrator owns it", `C:\a\x.exe`, "O:S-1-5-93-2-1D:P" + closed, ForReading, false, nil},
		{"Users may write", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x1301bf;;;BU)", ForReading, false, []string{Users}},
		{"Users may append", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x4;;;BU)", ForReading, false, []string{Users}},
		{"Users may set attributes", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x100;;;BU)", ForReading, false, []string{Users}},
		{"Users are denied before they are granted", `C:\a\x.exe`, "O:BAD:P(D;;0x1301bf;;;BU)" + closed + "(A;;0x1301bf;;;BU)", ForReading, false, nil},
		{"LocalService may write", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;0x1301bf;;;LS)", ForReading, false, []string{LocalService}},
		{"an application pool may write", `C:\a\x.exe`, "O:BAD:P" + closed + "(A;;FA;;;S-1-5-82-1-2-3-4-5)", ForReading, false, []string{"S-1-5-82-1-2-3-4-5"}},
		{"there is no list", `C:\a\x.exe`, "O:BA", ForReading, false, []string{Everyone}},
		{"FAT", `E:\a\x.exe`, "O:WD", ForReading, false, []string{Everyone}},

		{"Users may add files above", `C:\ProgramData`, "O:SYD:P" + closed + "(A;CI;0x116;;;BU)", ForPassing, false, nil},
		{"Users may add files to a log directory", `C:\logs`, "O:SYD:P" + closed + "(A;CI;0x116;;;BU)", ForContents, false, []string{Users}},
		{"Users may delete what is above", `C:\a`, "O:SYD:P" + closed + "(A;;0x40;;;BU)", ForPassing, false, []string{Users}},
		{"Users may delete a directory above", `D:\a`, "O:SYD:P" + closed + "(A;;0x1301bf;;;AU)", ForPassing, false, []string{authenticated}},
		{"Users may delete a volume's root", `D:\`, "O:SYD:P" + closed + "(A;;0x1301bf;;;AU)", ForPassing, false, nil},
		{"Users may delete a volume's root by its ID", `\\?\Volume{01234567-89ab-cdef-0123-456789abcdef}\`, "O:SYD:P" + closed + "(A;;0x1301bf;;;AU)", ForPassing, false, nil},
		{"Users may delete a share's root", `\\srv\data`, "O:SYD:P" + closed + "(A;;0x1301bf;;;AU)", ForPassing, false, nil},
		{"Users may delete what is in a volume's root", `D:\`, "O:SYD:P" + closed + "(A;;0x1301ff;;;AU)", ForPassing, false, []string{authenticated}},
		{"everyone may give rights to a volume's root", `D:\`, "O:SYD:P" + closed + "(A;;FA;;;WD)", ForPassing, false, []string{Everyone}},
		{"Users may write the data of a link", `C:\link`, "O:SYD:P" + closed + "(A;;0x2;;;BU)", ForLinking, false, []string{Users}},
		{"Users may read secrets", `C:\secret`, "O:SYD:P" + closed + "(A;;0x1200a9;;;BU)", ForSecrets, false, []string{Users}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requireFinding(t, (&Account{SID: System}).Check(tt.path, sddl(t, tt.sddl), tt.use), tt.owner, tt.who)
		})
	}
}

func TestAlso(t *testing.T) {
	d := sddl(t, "O:"+alice+"D:P(A;;FA;;;SY)(A;;FA;;;"+alice+")")
	require.Error(t, (&Account{SID: System}).Check(`C:\x`, d, ForReading))
	require.NoError(t, (&Account{SID: System, Also: []string{alice}}).Check(`C:\x`, d, ForReading))
}

// TestCheckWithoutDACL: without a DACL, as on FAT, everyone may write; with an empty DACL, no one.
func TestCheckWithoutDACL(t *testing.T) {
	for name, change := range map[string]func(b []byte){
		"null":    func(b []byte) { binary.LittleEndian.PutUint32(b[16:], 0) },
		"missing": func(b []byte) { b[2] &^= 0x04 },
	} {
		t.Run(name, func(t *testing.T) {
			b := samples(t)["empty DACL"].bytes
			change(b)
			d, err := Parse(b)
			require.NoError(t, err)
			var f *trust.Finding
			require.ErrorAs(t, (&Account{SID: System}).Check(`E:\x`, d, ForReading), &f)
			assert.Equal(t, []string{"Everyone (S-1-1-0)"}, f.Who)
			assert.Equal(t, `icacls "E:\x" /reset`, f.Fix)
		})
	}
}

func TestServiceAccount(t *testing.T) {
	const pool, container = "S-1-5-82-3006700770-424185619-1745488364-794895919-4004696415", "S-1-5-93-2-7"
	for sid, want := range map[string]string{
		System: "LocalSystem", LocalService: "LocalService", NetworkService: "NetworkService", ownService: ownService, pool: pool,
		"S-1-5-93-2-1": "ContainerAdministrator", "S-1-5-93-2-2": "ContainerUser", container: container,
		alice: "", "S-1-5-80-0": "", "S-1-5-82-0": "", "S-1-5-930-2-1": "", Administrators: "", "": "",
	} {
		assert.Equal(t, want, ServiceAccount(sid), sid)
	}
}

func TestName(t *testing.T) {
	assert.Equal(t, "Users", Name(Users))
	assert.Empty(t, Name(alice))
	assert.True(t, strings.HasSuffix(readable(alice), alice))
}

func TestDirSDDL(t *testing.T) {
	assert.Equal(t, "D:PAI(A;OICI;FA;;;S-1-5-18)(A;OICI;FA;;;S-1-5-32-544)", (&Account{SID: System}).PrivateDirSDDL(true))
	assert.Equal(t, "D:PAI(A;OICI;FA;;;S-1-5-18)(A;OICI;FA;;;S-1-5-32-544)", (&Account{SID: alice, Elevated: true}).PrivateDirSDDL(true))
	for _, account := range []Account{{SID: System}, {SID: alice, Elevated: true}, {SID: alice}, {SID: LocalService}} {
		for _, private := range []bool{true, false} {
			d := sddl(t, "O:BA"+account.PrivateDirSDDL(private))
			require.NoError(t, account.Check(`C:\x`, d, ForContents), "what the package makes it trusts")
			assert.Equal(t, private, account.Check(`C:\x`, d, ForSecrets) == nil)
		}
	}
	d := sddl(t, "O:BA"+DirSDDL(nil, []string{LocalService}, []string{Users}))
	require.NoError(t, (&Account{SID: LocalService}).Check(`C:\x`, d, ForContents))
	requireFinding(t, (&Account{SID: System}).Check(`C:\x`, d, ForContents), false, []string{LocalService})
}

func TestIsDirSDDL(t *testing.T) {
	for text, want := range map[string]bool{
		"O:BA" + DirSDDL(nil, nil, []string{Users}):                           true,
		"O:SY" + DirSDDL(nil, []string{LocalService}, []string{Users}):        true,
		"O:BA" + DirSDDL(nil, []string{LocalService}, nil):                    false,
		"O:" + alice + DirSDDL(nil, nil, []string{Users}):                     false,
		"O:BA" + DirSDDL(nil, []string{LocalService, alice}, []string{Users}): false,
		"O:BA" + DirSDDL([]string{alice}, nil, []string{Users}):               false,
		"O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1301bf;;;BU)":                   false,
		"O:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)":            false,
		"O:BAD:P(D;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)":                   false,
		"O:BA": false,
	} {
		assert.Equal(t, want, sddl(t, text).IsDirSDDL(), text)
	}
}
