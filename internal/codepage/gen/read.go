package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// readNLS reads a code page in the format of Windows' c_*.nls: words, of which the first is the
// header's length. After it come the length of the first part, 256 characters, an optional 256
// glyphs, the number of lead byte ranges, 256 offsets of the lead bytes' tables and these tables;
// and then, for each of the 65,536 characters, its code. A page of one byte has bytes there.
func readNLS(dir string, cp int) (page *table, codes []uint16, err error) {
	name := filepath.Join(dir, fmt.Sprintf("c_%03d.nls", cp))
	if cp == 858 { // 850 with the euro sign for the dotless i; Wine has no file
		page, codes, err = readNLS(dir, 850)
		if err == nil {
			page[0xD5] = '€'
		}
		return page, codes, err
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	words := make([]uint16, len(data)/2)
	for i := range words {
		words[i] = binary.LittleEndian.Uint16(data[2*i:])
	}
	header := int(words[0])
	if header != 13 || int(words[1]) != cp || len(words) < header+int(words[header])+1 {
		return nil, nil, fmt.Errorf("%s is not a table of code page %d", name, cp)
	}
	undefined, middleDot := words[4], words[6] // what MultiByteToWideChar shows instead, and its own code
	page = new(table)
	rest := words[header+1:]
	copy(page[:256], rest[:256])
	for b, char := range page[:0x80] {
		if int(char) != b {
			return nil, nil, fmt.Errorf("%s: 0x%02X is U+%04X, but package codepage takes ASCII for granted", name, b, char)
		}
	}
	rest = rest[256:]
	if rest[0] != 0 {
		rest = rest[256:]
	}
	if rest = rest[1:]; rest[0] == 0 {
		for b, char := range page[:256] {
			if char == undefined && b != int(undefined) {
				page[b] = 0
			}
		}
		return page, nil, nil
	}
	leads := rest[1:]
	for lead := range 256 {
		if leads[lead] == 0 {
			continue
		}
		page[lead] = 0
		for trail, char := range leads[leads[lead]:][:256] {
			if code := lead<<8 | trail; char != undefined || code == int(middleDot) {
				page[code] = char
			}
		}
	}
	return page, words[header+int(words[header])+1:], nil
}

// A mapping is a line of a table in ICU's format.
type mapping struct {
	code string
	char uint16
}

// readUCM reads the mappings of ICU's table that are made when decoding.
func readUCM(name string) (all []mapping, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		rest, isMapping := strings.CutPrefix(lines.Text(), "<U")
		fields := strings.Fields(rest)
		if !isMapping || len(fields) != 3 || fields[2] != "|0" && fields[2] != "|3" {
			continue
		}
		char, err := strconv.ParseUint(strings.TrimSuffix(fields[0], ">"), 16, 16)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		code, err := hex.DecodeString(strings.ReplaceAll(fields[1], `\x`, ""))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, mapping{string(code), uint16(char)})
	}
	return all, lines.Err()
}

// check compares a page with what ICU's genmucm tool found on a Windows.
func check(dir string, cp int, page *table) error {
	name := filepath.Join(dir, fmt.Sprintf("windows-%d-2000.ucm", cp))
	all, err := readUCM(name)
	if errors.Is(err, fs.ErrNotExist) {
		log.Printf("no %s to check code page %d against", name, cp)
		return nil
	}
	for _, m := range all {
		code := int(m.code[0])
		if len(m.code) == 2 {
			code = code<<8 | int(m.code[1])
		}
		if page[code] != m.char {
			return fmt.Errorf("%s: 0x%X is U+%04X, but U+%04X in Wine's table", name, code, m.char, page[code])
		}
	}
	return err
}

// readGB18030 reads the one- and two-byte codes of ICU's table of GB 18030-2000 and changes them to
// what code page 54936 has: A8BC is U+E7C7 and the four bytes 8135F437 are U+1E3F, as the
// standard's first edition had it and .NET's table, ported from Windows' c_g18030.dll, still has
// (dotnet/runtime GB18030Encoding.cs). It checks that the four-byte codes are the other characters
// in order, as package codepage takes for granted.
func readGB18030(dir string) (*table, error) {
	name := filepath.Join(dir, "gb-18030-2000.ucm")
	all, err := readUCM(name)
	if err != nil {
		return nil, err
	}
	var page table
	four := map[int]int{} // character to the position of its four-byte code
	for _, m := range all {
		b := m.code
		switch len(b) {
		case 1:
			page[b[0]] = m.char
		case 2:
			page[int(b[0])<<8|int(b[1])] = m.char
		case 4:
			four[int(m.char)] = ((int(b[0]-0x81)*10+int(b[1]-0x30))*126+int(b[2]-0x81))*10 + int(b[3]-0x30)
		}
	}
	if page[0xA8BC] != 0x1E3F || four[0xE7C7] == 0 {
		return nil, fmt.Errorf("%s is another edition of GB 18030", name)
	}
	page[0xA8BC], four[0x1E3F] = 0xE7C7, four[0xE7C7]
	delete(four, 0xE7C7)

	paired := map[int]bool{}
	for _, char := range page {
		paired[int(char)] = true
	}
	position := 0
	for char := 0x80; char < 1<<16; char++ {
		if paired[char] || char >= 0xD800 && char < 0xE000 {
			continue
		}
		if got, listed := four[char]; listed && got != position { // long ranges are not listed
			return nil, fmt.Errorf("%s: U+%04X is four-byte code number %d and not %d", name, char, got, position)
		}
		position++
	}
	return &page, nil
}
