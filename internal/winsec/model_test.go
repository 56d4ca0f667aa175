package winsec

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sddl parses the subset of Microsoft's "Security Descriptor String Format" that these tests use.
// TestSDDLMatchesWindows compares it with the system's parser.
func sddl(t testing.TB, text string) *Descriptor {
	t.Helper()
	d := &Descriptor{}
	owner, rest, ok := strings.Cut(strings.TrimPrefix(text, "O:"), "D:")
	owner, _, _ = strings.Cut(owner, "G:")
	if d.Owner = sidOf(owner); !ok || rest == "NO_ACCESS_CONTROL" {
		d.NoDACL = true
		return d
	}
	_, rest, _ = strings.Cut(rest, "(")
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, ")"), ")(") {
		if part == "" {
			continue
		}
		f := strings.Split(part, ";")
		require.GreaterOrEqual(t, len(f), 6, part)
		if strings.Contains(f[1], "IO") {
			continue
		}
		d.DACL = append(d.DACL, &ACE{Deny: f[0] == "D", Inherited: strings.Contains(f[1], "ID"), Mask: maskOf(t, f[2]), SID: sidOf(f[5])})
	}
	return d
}

func sidOf(word string) string {
	if sid, ok := map[string]string{"SY": System, "BA": Administrators, "BU": Users, "AU": authenticated, "WD": Everyone,
		"LS": LocalService, "NS": NetworkService, "CO": creatorOwner}[word]; ok {
		return sid
	}
	return word
}

func maskOf(t testing.TB, word string) Mask {
	t.Helper()
	if m, ok := map[string]Mask{"FA": 0x1f01ff, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200a0, "GA": genericAll}[word]; ok {
		return m
	}
	n, err := strconv.ParseUint(word, 0, 32)
	require.NoError(t, err, word)
	return Mask(n)
}

// follow returns the descriptor after running an icacls command, as described on Microsoft's page
// "icacls". above holds the entries that the object inherits from its parent, which /reset needs.
func follow(t testing.TB, command string, d *Descriptor, above []*ACE) *Descriptor {
	t.Helper()
	rest, ok := strings.CutPrefix(command, `icacls "`)
	require.True(t, ok, command)
	_, rest, ok = strings.Cut(rest, `" `)
	require.True(t, ok, command)
	d = &Descriptor{Owner: d.Owner, NoDACL: d.NoDACL, DACL: slices.Clone(d.DACL)}
	mode := ""
	for word := range strings.FieldsSeq(rest) {
		word = strings.Trim(word, `"`)
		if strings.HasPrefix(word, "/") {
			switch mode = word; word {
			case "/reset":
				d.NoDACL, d.DACL = false, slices.Clone(above)
			case "/inheritance:r":
				d.DACL = slices.DeleteFunc(d.DACL, func(e *ACE) bool { return e.Inherited })
			case "/setowner", "/grant:r", "/remove:g", "/L":
			default:
				t.Fatalf("unknown option %s in %s", word, command)
			}
			continue
		}
		require.True(t, strings.HasPrefix(word, "*S-1-"), "not a SID: %s in %s", word, command)
		sid, right, _ := strings.Cut(word[1:], ":")
		explicit := func(e *ACE) bool { return e.SID == sid && !e.Deny && !e.Inherited }
		switch mode {
		case "/setowner":
			d.Owner = sid
		case "/grant:r":
			d.DACL = slices.DeleteFunc(d.DACL, explicit)
			mask, ok := map[string]Mask{"F": 0x1f01ff, "M": 0x1301bf, "RX": 0x1200a9, "R": 0x120089}[strings.TrimPrefix(right, "(OI)(CI)")]
			require.True(t, ok, "unknown right in %s", word)
			d.DACL = append(d.DACL, &ACE{Mask: mask, SID: sid})
		case "/remove:g":
			d.DACL = slices.DeleteFunc(d.DACL, explicit)
		default:
			t.Fatalf("%s belongs to no option in %s", word, command)
		}
	}
	return d
}
