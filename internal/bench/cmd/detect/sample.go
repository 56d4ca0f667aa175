package main

import (
	"io"
	"strings"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/bench/linewise"
)

// A testCase is the messages of a language in a code page, or in UTF-8, on a machine that has the
// code page.
type testCase struct {
	language string
	page     consolex.CodePage
	utf8     bool
}

var cases = []testCase{
	{"zh_CN", consolex.GBK, false},
	{"ko", consolex.EUCKR, false},
	{"zh_TW", consolex.Big5, false},
	{"ja", consolex.ShiftJIS, false},
	{"ru", 866, false},
	{"ru", 1251, false},
	{"de", 850, false},
	{"fr", 850, false},
	{"cs", 852, false},
	{"cs", 1250, false},
	{"pl", 852, false},
	{"zh_CN", consolex.GBK, true},
	{"ko", consolex.EUCKR, true},
	{"zh_TW", consolex.Big5, true},
	{"ja", consolex.ShiftJIS, true},
	{"ru", 866, true},
	{"ru", 1251, true},
	{"ru", consolex.GBK, true},
	{"de", 850, true},
	{"de", consolex.GBK, true},
	{"fr", 1252, true},
	{"fr", consolex.GBK, true},
	{"cs", 852, true},
	{"cs", consolex.GBK, true},
}

// A sample is the lines of a case.
type sample struct {
	name  string
	page  consolex.CodePage
	lines []string // UTF-8
	bytes []string // as the child writes them
	other string   // a line that is sure to be in the other encoding
}

func newSample(c testCase, lines []string) (*sample, error) {
	enc, err := c.page.Encoding()
	if err != nil {
		return nil, err
	}
	s := &sample{name: c.language + " in UTF-8", page: c.page, other: surePage[c.page]}
	if !c.utf8 {
		s.name, s.other = c.language+" in "+c.page.String(), "日本語と中文\n"
	}
	for _, line := range lines {
		code := line
		if !c.utf8 {
			if code, err = enc.NewEncoder().String(line); err != nil {
				return nil, err
			}
			if back, err := enc.NewDecoder().String(code); err != nil || back != line {
				continue // not all of it is in the page
			}
		}
		s.lines, s.bytes = append(s.lines, line), append(s.bytes, code)
	}
	return s, nil
}

// surePage are lines that can't be UTF-8.
var surePage = map[consolex.CodePage]string{
	consolex.GBK: "\xc4\xe3\xba\xc3\n", consolex.EUCKR: "\xc7\xd1\xb1\xdb\n", consolex.Big5: "\xa4\xa4\xa4\xe5\n", consolex.ShiftJIS: "\x93\xfa\x96\x7b\n",
	866: "\x8f\xe0\xa8\xa2\xa5\xe2\n", 1251: "\xcf\xf0\xe8\xe2\xe5\xf2\n", 850: "\x81\x94\n", 852: "\x81\x94\n", 1252: "\xe4\xfc\n",
}

// A decode turns what a child of a machine with the code page writes into text.
type decode func(code string, page consolex.CodePage) string

func detect(code string, page consolex.CodePage) string {
	text, err := io.ReadAll(consolex.Detect{CodePage: page}.NewDecoder(strings.NewReader(code)))
	if err != nil {
		panic(err) // a strings.Reader has none, and the page is known
	}
	return string(text)
}

// lineByLine is the rule of before.
func lineByLine(code string, page consolex.CodePage) string {
	enc, err := page.Encoding()
	if err != nil {
		panic(err)
	}
	var out strings.Builder
	w := linewise.NewDecodeWriter(&out, enc)
	if _, err = io.WriteString(w, code); err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err)
	}
	return out.String()
}

// stream returns the lines that are wrong in one stream.
func (s *sample) stream(d decode) (wrong []string) {
	got := strings.Split(d(strings.Join(s.bytes, "\n"), s.page), "\n")
	for i, line := range s.lines {
		if i >= len(got) || got[i] != line {
			wrong = append(wrong, line+" → "+got[min(i, len(got)-1)])
		}
	}
	return wrong
}

// alone returns the lines that are wrong where each is a stream.
func (s *sample) alone(d decode) (wrong []string) {
	for i, line := range s.lines {
		if got := d(s.bytes[i]+"\n", s.page); got != line+"\n" {
			wrong = append(wrong, line+" → "+got)
		}
	}
	return wrong
}

// after returns the lines that are wrong where each follows a line in the other encoding.
func (s *sample) after(d decode) (wrong []string) {
	for i, line := range s.lines {
		if got := d(s.other+s.bytes[i]+"\n", s.page); !strings.HasSuffix(got, "\n"+line+"\n") {
			wrong = append(wrong, line+" → "+got)
		}
	}
	return wrong
}
