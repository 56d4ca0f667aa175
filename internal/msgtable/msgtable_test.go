package msgtable

import (
	"bytes"
	"crypto/sha256"
	"debug/pe"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample has the table's hard cases: first and last ID, neighbours, a gap that no block of 1024
// fits.
var sample = Table{
	Rest: "%1",
	Texts: map[uint16]string{
		0: "Zero: %1", 1: "One", 2: "磁盘已满 💾\n%1", 1500: "100%% of %1", 65535: "The last",
	},
}

// decodeDLL reads a message file with debug/pe and a walk of its own through resources and table,
// and complains about whatever Windows could stumble over.
func decodeDLL(file []byte) (messages map[uint32]string, blocks []block, err error) {
	f, err := pe.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	header := f.OptionalHeader.(*pe.OptionalHeader64)
	rsrc := f.Section(".rsrc")
	directory := header.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_RESOURCE]
	if len(f.Sections) != 1 || rsrc == nil || directory.VirtualAddress != rsrc.VirtualAddress || directory.Size != rsrc.VirtualSize {
		return nil, nil, fmt.Errorf("sections: %v", f.Sections)
	}
	if f.TimeDateStamp != 0 || header.AddressOfEntryPoint != 0 || f.Characteristics&pe.IMAGE_FILE_DLL == 0 {
		return nil, nil, fmt.Errorf("header: %+v", header)
	}
	if uint32(len(file)) != rsrc.Offset+rsrc.Size || header.SizeOfImage != (rsrc.VirtualAddress+rsrc.VirtualSize+0xFFF)&^0xFFF {
		return nil, nil, fmt.Errorf("sizes: %d bytes, %+v", len(file), rsrc)
	}
	data, err := io.ReadAll(io.NewSectionReader(rsrc, 0, int64(rsrc.VirtualSize)))
	if err != nil {
		return nil, nil, err
	}
	u32 := func(b []byte, at uint32) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	at := uint32(0)
	for _, id := range []uint32{11, 1, 0x409} {
		if n := u32(data, at+12); n != 1<<16 || u32(data, at+16) != id {
			return nil, nil, fmt.Errorf("resource directory at %#x: %d entries, ID %d", at, n, u32(data, at+16))
		}
		at = u32(data, at+20) &^ (1 << 31)
	}
	start := u32(data, at) - rsrc.VirtualAddress
	return decodeTable(data[start : start+u32(data, at+4)])
}

func decodeTable(table []byte) (messages map[uint32]string, blocks []block, err error) {
	u32 := func(at uint32) uint32 { return binary.LittleEndian.Uint32(table[at:]) }
	messages = map[uint32]string{}
	for i := range u32(0) {
		b := block{u32(4 + 12*i), u32(8 + 12*i), u32(12 + 12*i)}
		if b.first > b.last || len(blocks) > 0 && b.first <= blocks[len(blocks)-1].last {
			return nil, nil, fmt.Errorf("block %+v after %+v", b, blocks)
		}
		blocks = append(blocks, b)
		at := b.offset
		for id := b.first; id <= b.last; id++ {
			size, flags := binary.LittleEndian.Uint16(table[at:]), binary.LittleEndian.Uint16(table[at+2:])
			if size%4 != 0 || flags != 1 {
				return nil, nil, fmt.Errorf("entry of %d: size %d, flags %d", id, size, flags)
			}
			units := make([]uint16, (size-4)/2)
			if _, err := binary.Decode(table[at+4:at+uint32(size)], binary.LittleEndian, units); err != nil {
				return nil, nil, err
			}
			end := slices.Index(units, 0)
			if end < 0 {
				return nil, nil, fmt.Errorf("entry of %d has no end", id)
			}
			messages[id] = string(utf16.Decode(units[:end]))
			at += uint32(size)
		}
	}
	return messages, blocks, nil
}

func TestDLL(t *testing.T) {
	file, err := sample.DLL()
	require.NoError(t, err)
	assert.Less(t, len(file), 20_000)
	messages, blocks, err := decodeDLL(file)
	require.NoError(t, err)
	require.Len(t, messages, 1<<16)
	for id, text := range messages {
		want, ok := sample.Texts[uint16(id)]
		if !ok {
			want = "%1"
		}
		if want = strings.ReplaceAll(want, "\n", "\r\n") + "\r\n"; want != text {
			t.Fatalf("message %d is %q, not %q", id, text, want)
		}
	}
	assert.Equal(t, []block{{0, 2, blocks[0].offset}, {3, 1026, blocks[1].offset}, {1027, 1499, blocks[1].offset}, {1500, 1500, blocks[3].offset}}, blocks[:4])
	assert.Equal(t, uint32(65535), blocks[len(blocks)-1].first)
}

// TestDLLBytes: the same file from every system and every release, since its name is its hash.
func TestDLLBytes(t *testing.T) {
	file, err := sample.DLL()
	require.NoError(t, err)
	sum := sha256.Sum256(file)
	assert.Equal(t, "94148140bcfd28158e272c83d2358517b961fb1cc312b776ebe570bc1c28a7fa", hex.EncodeToString(sum[:]))
}

func TestDLLWithoutRest(t *testing.T) {
	file, err := Table{Texts: map[uint16]string{1: "Network", 2: "Storage", 9: "Other"}}.DLL()
	require.NoError(t, err)
	messages, blocks, err := decodeDLL(file)
	require.NoError(t, err)
	assert.Equal(t, map[uint32]string{1: "Network\r\n", 2: "Storage\r\n", 9: "Other\r\n"}, messages)
	assert.Len(t, blocks, 2)
}

func TestDLLErrors(t *testing.T) {
	for name, table := range map[string]Table{
		"too long":       {Texts: map[uint16]string{7: strings.Repeat("x", 32_764)}},
		"NUL":            {Texts: map[uint16]string{7: "a\x00b"}},
		"broken UTF-8":   {Texts: map[uint16]string{7: "\xff"}},
		"rest has a NUL": {Rest: "\x00"},
	} {
		_, err := table.DLL()
		assert.ErrorContains(t, err, "msgtable: ", name)
		t.Log(err)
	}
	_, err := Table{Texts: map[uint16]string{7: strings.Repeat("x", 32_760)}}.DLL()
	assert.NoError(t, err, "the longest")
}

func TestTemplate(t *testing.T) {
	tests := []struct {
		in, want string
		inserts  bool
	}{
		{"", "", false},
		{"plain", "plain", false},
		{"%1", "%1", true},
		{"a %1.\n%1", "a %1.\n%1", true},
		{"100%", "100%%", false},
		{"%2 %10 %", "%%2 %%10 %%", false},
		{"%%1", "%%%1", true},
		{"%1!", "%1%!", true},
		{"%n %0 %! %{x}", "%%n %%0 %%! %%{x}", false},
		{"5% 磁盘 %1", "5%% 磁盘 %1", true},
	}
	for _, tt := range tests {
		got, inserts := Template(tt.in)
		assert.Equal(t, tt.want, got, "%q", tt.in)
		assert.Equal(t, tt.inserts, inserts, "%q", tt.in)
	}
}

func FuzzDLL(f *testing.F) {
	f.Add(uint16(0), uint16(1), "neighbours", "%1")
	f.Add(uint16(65535), uint16(1024), "the last, and a whole run before the other", "%1")
	f.Add(uint16(3), uint16(3), "one", "")
	f.Fuzz(func(t *testing.T, a, b uint16, text, rest string) {
		table := Table{Texts: map[uint16]string{a: text, b: text}, Rest: rest}
		file, err := table.DLL()
		if err != nil {
			return
		}
		messages, _, err := decodeDLL(file)
		require.NoError(t, err)
		if rest != "" {
			assert.Len(t, messages, 1<<16)
		}
		assert.Equal(t, messages[uint32(a)], messages[uint32(b)])
	})
}
