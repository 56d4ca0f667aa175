package winsec

import (
	_ "embed"
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
	granted := &ACE{Mask: writeData, SID: Everyone}
	for _, tt := range []struct {
		name string
		kind byte
		body []byte
		want *ACE
		ok   bool
	}{
		{"allowed", 0, body(everyone), granted, true},
		{"denied", 1, body(everyone), &ACE{Deny: true, Mask: writeData, SID: Everyone}, true},
		{"conditional grant", 9, body(everyone, []byte("artx")), granted, true},
		{"conditional denial counts for nothing", 10, body(everyone), nil, true},
		{"object without types", 5, body([]byte{0, 0, 0, 0}, everyone), granted, true},
		{"object with both types", 5, body([]byte{3, 0, 0, 0}, guid, guid, everyone), granted, true},
		{"object cut short", 5, body([]byte{3, 0, 0, 0}, guid), nil, false},
		{"compound, which is undocumented", 4, body(everyone), nil, false},
		{"no mask", 0, []byte{1, 2}, nil, false},
		{"no SID", 0, body(), nil, false},
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

// FuzzParse checks that arbitrary bytes are either parsed or rejected, and that truncated
// descriptors are rejected.
func FuzzParse(f *testing.F) {
	for _, s := range samples(f) {
		f.Add(s.bytes)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Parse(b)
		if err != nil {
			assert.ErrorIs(t, err, errDescriptor)
			return
		}
		assert.True(t, strings.HasPrefix(d.Owner, "S-1-"))
		for _, e := range d.DACL {
			assert.True(t, strings.HasPrefix(e.SID, "S-1-"))
		}
		_ = (&Account{SID: System}).Check(`C:\x`, d, ForReading)
	})
}
