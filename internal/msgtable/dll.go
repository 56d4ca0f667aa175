package msgtable

import (
	"encoding/binary"
	"slices"
)

// The layout of the file and of its image in memory.
const (
	fileAlign    = 0x200
	sectionAlign = 0x1000
	headerSize   = fileAlign    // all headers, padded
	sectionAddr  = sectionAlign // of the one section, .rsrc
)

// The path to the table in the tree of resources.
const (
	typeMessageTable = 11     // RT_MESSAGETABLE
	tableName        = 1      // FormatMessage looks for this name
	language         = 0x0409 // en-US, which every lookup tries in the end
)

// fileHeader is IMAGE_FILE_HEADER after the signature.
type fileHeader struct {
	Signature            [4]byte
	Machine              uint16
	NumberOfSections     uint16
	TimeDateStamp        uint32 // 0: the same table is always the same file
	PointerToSymbolTable uint32
	NumberOfSymbols      uint32
	SizeOfOptionalHeader uint16
	Characteristics      uint16
}

// optionalHeader is IMAGE_OPTIONAL_HEADER64.
type optionalHeader struct {
	Magic                                                  uint16
	MajorLinkerVersion, MinorLinkerVersion                 uint8
	SizeOfCode, SizeOfInitializedData, SizeOfUninitialized uint32
	AddressOfEntryPoint, BaseOfCode                        uint32
	ImageBase                                              uint64
	SectionAlignment, FileAlignment                        uint32
	MajorOSVersion, MinorOSVersion                         uint16
	MajorImageVersion, MinorImageVersion                   uint16
	MajorSubsystemVersion, MinorSubsystemVersion           uint16
	Win32Version, SizeOfImage, SizeOfHeaders, CheckSum     uint32
	Subsystem, DLLCharacteristics                          uint16
	StackReserve, StackCommit, HeapReserve, HeapCommit     uint64
	LoaderFlags, NumberOfDirectories                       uint32
	Directories                                            [16]directory
}

// directory is IMAGE_DATA_DIRECTORY.
type directory struct{ Address, Size uint32 }

// sectionHeader is IMAGE_SECTION_HEADER.
type sectionHeader struct {
	Name                                       [8]byte
	VirtualSize, VirtualAddress                uint32
	SizeOfRawData, PointerToRawData            uint32
	PointerToRelocations, PointerToLineNumbers uint32
	NumberOfRelocations, NumberOfLineNumbers   uint16
	Characteristics                            uint32
}

// resourceLevel is one level of a resource tree with a single path: an IMAGE_RESOURCE_DIRECTORY and
// its IMAGE_RESOURCE_DIRECTORY_ENTRY.
type resourceLevel struct {
	Characteristics, TimeDateStamp uint32
	MajorVersion, MinorVersion     uint16
	Named, Numbered                uint16
	ID, Offset                     uint32 // of the next level, with the high bit set, or of the data
}

// resourceData is IMAGE_RESOURCE_DATA_ENTRY.
type resourceData struct{ Address, Size, CodePage, Reserved uint32 }

// resources is the section before the table.
type resources struct {
	Type, Name, Language resourceLevel
	Data                 resourceData
}

// DLL returns t as a message file: a 64-bit DLL that has neither code nor entry point, which every
// Windows from Vista on, of whatever architecture, reads as data. The same table always gives the
// same bytes. It fails if a text is longer than 32,763 UTF-16 units, or is not text.
func (t Table) DLL() ([]byte, error) {
	table, err := t.encode()
	if err != nil {
		return nil, err
	}
	const levelSize, dataOffset, tableOffset = 24, 3 * 24, 3*24 + 16
	section := appendStruct(nil, resources{
		Type:     resourceLevel{Numbered: 1, ID: typeMessageTable, Offset: 1<<31 | levelSize},
		Name:     resourceLevel{Numbered: 1, ID: tableName, Offset: 1<<31 | 2*levelSize},
		Language: resourceLevel{Numbered: 1, ID: language, Offset: dataOffset},
		Data:     resourceData{Address: sectionAddr + tableOffset, Size: uint32(len(table))},
	})
	section = append(section, table...)
	size := uint32(len(section))
	raw := align(size, fileAlign)

	file := make([]byte, 0x40) // IMAGE_DOS_HEADER
	copy(file, "MZ")
	binary.LittleEndian.PutUint32(file[0x3C:], uint32(len(file))) // where the PE header is
	file = appendStruct(file, fileHeader{
		Signature: [4]byte{'P', 'E'}, Machine: 0x8664, // x64
		NumberOfSections: 1, SizeOfOptionalHeader: 240,
		Characteristics: 0x0002 | 0x0020 | 0x2000, // executable image, large address aware, DLL
	})
	header := optionalHeader{
		Magic:                 0x20B, // PE32+
		SizeOfInitializedData: raw, ImageBase: 0x1_8000_0000, SectionAlignment: sectionAlign, FileAlignment: fileAlign,
		MajorOSVersion: 6, MajorSubsystemVersion: 6,
		SizeOfImage: sectionAddr + align(size, sectionAlign), SizeOfHeaders: headerSize,
		Subsystem:          2,                                 // Windows GUI: no console
		DLLCharacteristics: 0x0020 | 0x0040 | 0x0100 | 0x0400, // high entropy, dynamic base, NX, no SEH
		StackReserve:       1 << 20, StackCommit: 1 << 12, HeapReserve: 1 << 20, HeapCommit: 1 << 12,
		NumberOfDirectories: 16,
	}
	header.Directories[2] = directory{Address: sectionAddr, Size: size} // resources
	file = appendStruct(file, header)
	file = appendStruct(file, sectionHeader{
		Name: [8]byte{'.', 'r', 's', 'r', 'c'}, VirtualSize: size, VirtualAddress: sectionAddr,
		SizeOfRawData: raw, PointerToRawData: headerSize,
		Characteristics: 0x40 | 0x4000_0000, // initialized data, readable
	})
	return pad(append(pad(file, headerSize), section...), headerSize+int(raw)), nil
}

func align(n, to uint32) uint32 { return (n + to - 1) &^ (to - 1) }

func pad(b []byte, size int) []byte { return append(slices.Clip(b), make([]byte, size-len(b))...) }

func appendStruct(dst []byte, v any) []byte {
	dst, _ = binary.Append(dst, binary.LittleEndian, v) // fails only for a type without a fixed size
	return dst
}
