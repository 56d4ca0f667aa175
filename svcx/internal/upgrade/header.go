package upgrade

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// formatOf returns the format of a program file ("ELF x86-64"), or "" if it is unknown.
func formatOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	var head bytes.Buffer
	_, err = head.ReadFrom(io.LimitReader(f, 4096))
	f.Close()
	return format(head.Bytes()), err
}

// format detects the format of a program from its first bytes: PE on Windows ("PE Format", "COFF
// File Header"), ELF (elf(5)), Mach-O on macOS (mach-o/loader.h, mach-o/fat.h), or a script.
func format(head []byte) string {
	little, big := binary.LittleEndian, binary.BigEndian
	magic := func(s string) bool { return len(head) >= len(s) && string(head[:len(s)]) == s }
	kind, processor := "", uint32(0)
	switch {
	case magic("MZ") && len(head) >= 64:
		at := int(little.Uint32(head[60:]))
		if at < 0 || at+6 > len(head) || string(head[at:at+4]) != "PE\x00\x00" {
			return ""
		}
		kind, processor = "PE", uint32(little.Uint16(head[at+4:]))
	case magic("\x7fELF") && len(head) >= 20:
		kind, processor = "ELF64", uint32(little.Uint16(head[18:]))
		if head[4] == 1 {
			kind = "ELF32"
		}
		if head[5] == 2 {
			processor = uint32(big.Uint16(head[18:]))
		}
	case (magic("\xcf\xfa\xed\xfe") || magic("\xce\xfa\xed\xfe")) && len(head) >= 8:
		kind, processor = "Mach-O", little.Uint32(head[4:])
	case magic("\xca\xfe\xba\xbe"):
		return "Mach-O for several processors"
	case magic("#!"):
		return "a script"
	default:
		return ""
	}
	name := ""
	switch processor { // no number stands for two processors that Go supports
	case 0x14c, 3, 7:
		name = "386"
	case 0x8664, 62, 0x1000007:
		name = "amd64"
	case 0xaa64, 183, 0x100000c:
		name = "arm64"
	case 40:
		name = "arm"
	case 243:
		name = "riscv"
	default:
		name = fmt.Sprintf("processor %#x", processor)
	}
	return kind + " for " + name
}
