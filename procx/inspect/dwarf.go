package inspect

import (
	"debug/dwarf"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// langGo is DW_LANG_Go (DWARF 5, section 7.12).
const langGo = 0x16

// unit is a compile unit of gc: a package or a part of one.
type unit struct {
	name     string // import path
	producer string // "Go cmd/compile go1.26.0; -N -l regabi"
}

func (u unit) flag(f string) bool { return slices.Contains(strings.Fields(u.producer), f) }

// standard reports whether the package belongs to the standard library, by the go command's rule:
// no dot in the first path element.
func (u unit) standard() bool {
	first, _, _ := strings.Cut(u.name, "/")
	return !strings.Contains(first, ".") && u.name != "main"
}

// unitsOf reads the compile units from a binary's DWARF, and reports whether it has DWARF and a
// symbol table.
func unitsOf(path string) (units []unit, ok, symbols bool, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, false, false, err
	}
	defer f.Close()
	file, symbols, err := openObject(f)
	if file == nil || err != nil {
		return nil, false, symbols, err
	}
	data, err := file.DWARF()
	if err != nil {
		return nil, false, symbols, err
	}
	// Read only the units' own entries, so that a large binary takes milliseconds.
	for r := data.Reader(); ; r.SkipChildren() {
		e, err := r.Next()
		if err != nil {
			return nil, true, symbols, err
		}
		if e == nil {
			return units, true, symbols, nil
		}
		lang, _ := e.Val(dwarf.AttrLanguage).(int64)
		producer, _ := e.Val(dwarf.AttrProducer).(string)
		name, _ := e.Val(dwarf.AttrName).(string)
		if lang == langGo && strings.HasPrefix(producer, "Go cmd/compile") {
			units = append(units, unit{name, producer})
		}
	}
}

type object interface{ DWARF() (*dwarf.Data, error) }

// openObject opens an ELF, PE or Mach-O file, and reports whether it has a symbol table. The file
// is nil if it has no debug information. The sections are checked first, because without them DWARF
// returns the error of a damaged file.
func openObject(f io.ReaderAt) (file object, symbols bool, err error) {
	magic := make([]byte, 4)
	if _, err := f.ReadAt(magic, 0); err != nil {
		return nil, false, err
	}
	switch {
	case string(magic) == elf.ELFMAG:
		file, err := elf.NewFile(f)
		if err != nil {
			return nil, false, err
		}
		symbols = file.Section(".symtab") != nil
		if file.Section(".debug_info") == nil && file.Section(".zdebug_info") == nil {
			return nil, symbols, nil
		}
		return file, symbols, nil
	case string(magic[:2]) == "MZ":
		file, err := pe.NewFile(f)
		if err != nil {
			return nil, false, err
		}
		symbols = file.NumberOfSymbols > 0
		if file.Section(".debug_info") == nil && file.Section(".zdebug_info") == nil {
			return nil, symbols, nil
		}
		return file, symbols, nil
	case slices.Contains([]string{"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe"}, string(magic)):
		file, err := macho.NewFile(f)
		if err != nil {
			return nil, false, err
		}
		return machoObject(file)
	case string(magic) == "\xca\xfe\xba\xbe":
		fat, err := macho.NewFatFile(f)
		if err != nil {
			return nil, false, err
		}
		return machoObject(fat.Arches[0].File) // the architecture used by debug/buildinfo
	}
	return nil, false, fmt.Errorf("neither ELF nor PE nor Mach-O: %w", errors.ErrUnsupported)
}

func machoObject(file *macho.File) (object, bool, error) {
	// Symbols imported from libraries are always in the table.
	symbols := file.Symtab != nil && slices.ContainsFunc(file.Symtab.Syms, func(s macho.Symbol) bool { return s.Sect != 0 })
	if file.Section("__debug_info") == nil && file.Section("__zdebug_info") == nil {
		return nil, symbols, nil
	}
	return file, symbols, nil
}
