package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// readLines returns the lines with other characters than ASCII among the messages that are
// translated to a language.
func readLines(locale, language string) (lines []string, err error) {
	files, err := filepath.Glob(filepath.Join(locale, language, "LC_MESSAGES", "*.mo"))
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		messages, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, message := range messages {
			for line := range strings.FieldsFuncSeq(message, func(r rune) bool { return r == '\n' || r == '\r' || r == 0 }) {
				if !seen[line] && strings.ContainsFunc(line, func(r rune) bool { return r >= 0x80 }) && !strings.ContainsAny(line, "\uFFFD\uFEFF") {
					seen[line] = true
					lines = append(lines, line)
				}
			}
		}
	}
	return lines, nil
}

var charset = regexp.MustCompile(`(?m)^Content-Type:.*charset=([\w-]+)`)

// parse returns the translations in a .mo file, as UTF-8. See "The Format of GNU MO Files" in the
// manual of gettext.
func parse(data []byte) (messages []string, err error) {
	if len(data) < 28 {
		return nil, fmt.Errorf("%d bytes are no .mo file", len(data))
	}
	var order binary.ByteOrder = binary.LittleEndian
	if order.Uint32(data) != 0x950412de {
		order = binary.BigEndian
	}
	if order.Uint32(data) != 0x950412de {
		return nil, fmt.Errorf("no .mo file")
	}
	count, table := int(order.Uint32(data[8:])), int(order.Uint32(data[16:]))
	if count > len(data)/8 || table > len(data)-8*count {
		return nil, fmt.Errorf("a table of %d messages at %d is outside of the file", count, table)
	}
	decoder := func(s string) (string, error) { return s, nil }
	for i := range count {
		length, offset := int(order.Uint32(data[table+8*i:])), int(order.Uint32(data[table+8*i+4:]))
		if length > len(data) || offset > len(data)-length {
			return nil, fmt.Errorf("message %d is outside of the file", i)
		}
		text := string(data[offset : offset+length])
		if i == 0 { // the empty message's translation is the header
			if match := charset.FindStringSubmatch(text); match != nil && !strings.EqualFold(match[1], "utf-8") {
				enc, err := htmlindex.Get(match[1])
				if err != nil {
					return nil, err
				}
				decoder = enc.NewDecoder().String
			}
			continue
		}
		if text, err = decoder(text); err != nil {
			return nil, err
		}
		messages = append(messages, text)
	}
	return messages, nil
}
