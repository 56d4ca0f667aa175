package winsec

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/trust"
)

func TestFix(t *testing.T) {
	system, local := Account{SID: System}, Account{SID: LocalService}
	for _, tt := range []struct {
		name    string
		account Account
		use     Use
		want    string
	}{
		{"file made there by a user", system, ForReading, `icacls "C:\a b" /setowner *S-1-5-32-544`},
		{"file made there by a user", system, ForLinking, `icacls "C:\a b" /setowner *S-1-5-32-544 /L`},
		{"granted before denied", system, ForReading, `icacls "C:\a b" /remove:g *S-1-5-32-545`},
		{"file in a directory made in C:", system, ForReading, `icacls "C:\a b" /inheritance:r ` +
			`/grant:r "*S-1-5-18:F" "*S-1-5-32-544:F" "*S-1-5-32-545:RX" "*S-1-5-11:RX"`},
		{"directory made in ProgramData by an installer", local, ForContents, `icacls "C:\a b" /inheritance:r ` +
			`/grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-19:(OI)(CI)M" "*S-1-5-32-545:(OI)(CI)RX"`},
		{"two writers, one explicit", local, ForPassing, `icacls "C:\a b" /inheritance:r ` +
			`/grant:r "*S-1-5-18:(OI)(CI)F" "*S-1-5-32-544:(OI)(CI)F" "*S-1-5-19:(OI)(CI)RX" "*S-1-5-32-545:(OI)(CI)RX"`},
	} {
		d, err := Parse(samples(t)[tt.name].bytes)
		require.NoError(t, err)
		var f *trust.Finding
		require.ErrorAs(t, tt.account.Check(`\\?\C:\a b`, d, tt.use), &f, tt.name)
		assert.Equal(t, tt.want, f.Fix, tt.name)
		assert.Equal(t, `C:\a b`, f.Path)
	}
}

// TestFollowedFixWorks checks that running a suggested command removes the finding, and that
// running all of them in turn makes the check pass. Other accounts keep their read access unless
// the object is secret.
func TestFollowedFixWorks(t *testing.T) {
	descriptors := map[string]*Descriptor{
		"in the order that Windows writes": sddl(t, "O:BAD:(A;;FW;;;BU)(A;ID;FA;;;SY)(A;ID;0x1301bf;;;BU)"),
		"one user, twice":                  sddl(t, "O:"+alice+"D:(A;;FA;;;"+alice+")(A;ID;FA;;;"+alice+")(A;ID;0x1200a9;;;BU)"),
		"inherits from a profile":          sddl(t, "O:SYD:(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;"+alice+")(A;ID;0x2;;;WD)"),
		"the account's own, twice":         sddl(t, "O:"+alice+"D:(A;;0x120089;;;BU)(A;ID;FA;;;"+alice+")(A;ID;0x1301bf;;;AU)(A;ID;0x1200a9;;;BU)"),
		"no list":                          sddl(t, "O:BA"),
		"no list, and a user's":            sddl(t, "O:"+alice),
	}
	for name, s := range samples(t) {
		d, err := Parse(s.bytes)
		require.NoError(t, err)
		descriptors[name] = d
	}
	above := sddl(t, "O:SYD:(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;0x1301bf;;;AU)").DACL
	may := func(d *Descriptor, right Mask) map[string]bool {
		sids := map[string]bool{}
		for _, e := range d.DACL {
			if !e.Deny && e.Mask&(right|genericAll) != 0 {
				sids[e.SID] = true
			}
		}
		return sids
	}
	for _, account := range []Account{{SID: System}, {SID: LocalService, Also: []string{ownService}}, {SID: alice}, {SID: alice, Elevated: true}} {
		for _, use := range []Use{ForReading, ForPassing, ForLinking, ForContents, ForSecrets} {
			for name, before := range descriptors {
				d := before
				steps := 0
				for ; ; steps++ {
					err := account.Check(`C:\a b`, d, use)
					if err == nil {
						break
					}
					require.Less(t, steps, 3, "%s for %s: %v", name, account.SID, err)
					var f *trust.Finding
					require.ErrorAs(t, err, &f)
					require.NotContains(t, f.Fix, "/inheritance:d")
					after := follow(t, f.Fix, d, above)
					next := account.Check(`C:\a b`, after, use)
					assert.NotEqual(t, err, next, "%s: %s changes nothing", name, f.Fix)
					d = after
				}
				if may(before, writeData)[account.SID] {
					assert.True(t, may(d, writeData)[account.SID], "%s: %s can't write any more", name, account.SID)
				}
				// Rights removed together with an explicit entry are meant to be lost.
				for sid := range maps.Keys(may(before, readData|genericRead)) {
					explicit := slices.ContainsFunc(before.DACL, func(e *ACE) bool { return e.SID == sid && !e.Inherited })
					if use != ForSecrets && !explicit {
						assert.Contains(t, may(d, readData|genericRead), sid, "%s for %s (%d)", name, account.SID, use)
					}
				}
			}
		}
	}
}

// TestNoFixForRoots checks that no command revokes rights for a whole drive or share.
func TestNoFixForRoots(t *testing.T) {
	for _, path := range []string{`C:\`, `D:/`, `\\?\E:\`, `\\srv\share`, `\\srv\share\`, `\\?\UNC\srv\share\`, `\\?\Volume{1}\`} {
		for _, text := range []string{"O:" + alice + "D:P(A;;FA;;;SY)", "O:SYD:P(A;;FA;;;WD)", "O:SYD:(A;ID;FA;;;BU)", "O:SY", "O:WD"} {
			for _, use := range []Use{ForReading, ForPassing, ForLinking, ForContents, ForSecrets} {
				var f *trust.Finding
				require.ErrorAs(t, (&Account{SID: System}).Check(path, sddl(t, text), use), &f)
				assert.Empty(t, f.Fix, "%s of %s", text, path)
				assert.NotEmpty(t, f.Advice)
				assert.NotContains(t, f.Advice, "icacls")
			}
		}
	}
}

// TestNoFixForProfiles checks that no command revokes a user's access to the user's own profile.
func TestNoFixForProfiles(t *testing.T) {
	d := sddl(t, "O:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;"+alice+")")
	for path, want := range map[string]bool{
		`C:\Users\alice`: true, `\\?\d:\users\Alice`: true, `C:\Users\alice\bin`: false, `C:\Users`: false, `C:\Users\Public`: false, `C:\a\Users\alice`: false,
	} {
		var f *trust.Finding
		require.ErrorAs(t, (&Account{SID: System}).Check(path, d, ForPassing), &f)
		assert.Equal(t, want, f.Fix == "", path)
		assert.Equal(t, want, strings.Contains(f.Advice, "profile"), path)
	}
	var f *trust.Finding
	require.ErrorAs(t, (&Account{SID: System}).Check(`C:\Users\alice`, sddl(t, "O:SYD:P(A;;FA;;;WD)"), ForPassing), &f)
	assert.NotEmpty(t, f.Fix, "everyone has no business there")
}
