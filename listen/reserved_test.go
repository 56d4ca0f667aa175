package listen

import (
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseReserved(t *testing.T) {
	administered := PortRange{50000, 50059, true}
	for file, want := range map[string][]PortRange{
		"netsh-en-cp437.txt": {
			{5985, 5985, false}, {47001, 47001, false}, {49673, 49772, false}, administered,
			{50060, 50159, false}, {50164, 50263, false}, {53286, 53385, false}, {53386, 53485, false},
		},
		"netsh-zh-cp936.txt": {
			{1607, 1706, false}, {1707, 1806, false}, {2180, 2279, false}, {2606, 2705, false},
			{5357, 5357, false}, {27339, 27339, false}, administered, {54235, 54235, false},
		},
		"netsh-ko-cp949.txt": {
			{1461, 1560, false}, {1661, 1760, false}, {1861, 1960, false}, {4513, 4612, false},
			{27339, 27339, false}, administered,
		},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + file)
			require.NoError(t, err)
			assert.Equal(t, want, parseReserved(text))
			assert.Equal(t, want, parseReserved(append(text, text...)), "IPv6's list after IPv4's, and the same")
		})
	}
	assert.Empty(t, parseReserved([]byte("8080\n1 2 3\n0 5\n9 8\n1 70000\n10 20 x\n-1 5\n")), "no ranges")
}

func TestReservedFor(t *testing.T) {
	ranges := []PortRange{{80, 80, false}, {50000, 50059, true}, {50060, 50159, false}, {50160, 50259, false}, {65500, 65535, false}}
	for _, tt := range []struct {
		port int
		want *PortRange
		next int
	}{
		{79, nil, 79},
		{80, &ranges[0], 81},
		{50000, nil, 50000}, // administered: for programs to bind
		{50060, &ranges[2], 50260},
		{50159, &ranges[2], 50260},
		{65535, &ranges[4], 0},
	} {
		assert.Equal(t, tt.want, reservedFor(ranges, tt.port), "%d", tt.port)
		assert.Equal(t, tt.next, nextOutside(ranges, tt.port), "%d", tt.port)
	}
}

// TestReservedOfOneFamily covers a machine without IPv6, for which netsh fails.
func TestReservedOfOneFamily(t *testing.T) {
	broken := errors.New("netsh: exit status 1")
	show := func(fails ...string) ([]byte, error) {
		return bothFamilies(func(family string) ([]byte, error) {
			if slices.Contains(fails, family) {
				return nil, broken
			}
			return []byte("  80  80\n"), nil
		})
	}
	for _, fails := range []string{"ipv4", "ipv6", ""} {
		text, err := show(fails)
		require.NoError(t, err)
		assert.Equal(t, []PortRange{{80, 80, false}}, parseReserved(text), fails)
	}
	_, err := show("ipv4", "ipv6")
	assert.ErrorIs(t, err, broken)
}

func TestReserved(t *testing.T) {
	ranges, err := Reserved(t.Context())
	if runtime.GOOS != "windows" {
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		return
	}
	require.NoError(t, err)
	t.Log(ranges) // may be empty, as always under Wine
}

func FuzzParseReserved(f *testing.F) {
	for _, file := range []string{"netsh-en-cp437.txt", "netsh-zh-cp936.txt", "netsh-ko-cp949.txt"} {
		text, err := os.ReadFile("testdata/" + file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("  1   65535 *\n0 0\n2 1")) // limits and invalid ranges
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for _, r := range parseReserved(text) {
			if r.First < 1 || r.Last > 65535 || r.Last < r.First || r.First < last {
				t.Fatal(r)
			}
			last = r.First
		}
	})
}
