package upgrade

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
)

// formatOf returns what kind of program a file holds ("ELF x86-64"), or "" if it
// holds none that is known.
func formatOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return "", err
	}
	return format(head[:n]), nil
}

// format reads the head of a program: of Windows (PE format, "COFF File Header"),
// of ELF systems (elf(5)), of macOS (mach-o/loader.h, mach-o/fat.h), or a script.
func format(head []byte) string {
	little, big := binary.LittleEndian, binary.BigEndian
	magic := func(s string) bool { return len(head) >= len(s) && string(head[:len(s)]) == s }
	switch {
	case magic("MZ") && len(head) >= 64:
		at := int(little.Uint32(head[60:]))
		if at < 0 || at+6 > len(head) || string(head[at:at+4]) != "PE\x00\x00" {
			return ""
		}
		return fmt.Sprintf("PE for %s", machine(map[uint32]string{0x14c: "386", 0x8664: "amd64", 0xaa64: "arm64"}, uint32(little.Uint16(head[at+4:]))))
	case magic("\x7fELF") && len(head) >= 20:
		order := binary.ByteOrder(little)
		if head[5] == 2 {
			order = big
		}
		return fmt.Sprintf("ELF%d for %s", 32*int(head[4]), machine(map[uint32]string{3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv"}, uint32(order.Uint16(head[18:]))))
	case (magic("\xcf\xfa\xed\xfe") || magic("\xce\xfa\xed\xfe")) && len(head) >= 8:
		return fmt.Sprintf("Mach-O for %s", machine(map[uint32]string{7: "386", 0x1000007: "amd64", 0x100000c: "arm64"}, little.Uint32(head[4:])))
	case magic("\xca\xfe\xba\xbe"):
		return "Mach-O for several processors"
	case magic("#!"):
		return "a script"
	}
	return ""
}

func machine(names map[uint32]string, n uint32) string {
	if name := names[n]; name != "" {
		return name
	}
	return fmt.Sprintf("processor %#x", n)
}
