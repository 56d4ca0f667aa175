package consolex

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// ParseCodePage returns the code page with the given name, for configuration files and flags. A
// name is
//
//   - a number, alone or after cp, ibm, windows, dos, oem or ms: "936", "cp936", "windows-1252";
//   - a Windows code page name or a label of the WHATWG Encoding Standard: "gbk", "shift_jis",
//     "UTF-8", "iso-8859-2". Where they disagree, Windows takes precedence: "iso-8859-1" is 28591,
//     and "ascii" is 20127;
//   - a Unix locale that has a charset: "zh_CN.GB18030", "de_DE.ISO8859-15@euro";
//   - "auto", for [Auto].
//
// Case, spaces, hyphens and underscores are ignored. The error for an unknown name matches
// [ErrCodePage] and lists the most similar names.
func ParseCodePage(name string) (CodePage, error) {
	key := plain(name)
	if key == "auto" {
		return Auto, nil
	}
	if cp, ok := named(key); ok {
		return cp, nil
	}
	if _, charset, ok := strings.Cut(name, "."); ok { // a locale
		charset, _, _ = strings.Cut(charset, "@")
		if key = plain(charset); key != "" {
			if cp, ok := named(key); ok {
				return cp, nil
			}
		}
	}
	return 0, fmt.Errorf("%w %q%s", ErrCodePage, name, near(key))
}

// plain returns a name in lower case without ignored characters.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-_ :", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// named returns the code page of a plain name.
func named(key string) (CodePage, bool) {
	for _, page := range pageNames {
		for label := range strings.FieldsSeq(page.names) {
			if label == key {
				return page.cp, true
			}
		}
	}
	for _, family := range [...]struct {
		prefix string
		base   CodePage
	}{{"", 0}, {"xcp", 0}, {"cp", 0}, {"ibm", 0}, {"windows", 0}, {"dos", 0}, {"oem", 0}, {"ms", 0}, {"iso8859", 28590}} {
		digits, ok := strings.CutPrefix(key, family.prefix)
		if !ok || digits == "" || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		if n, err := strconv.ParseUint(digits, 10, 16); err == nil && codepage.Known(uint32(family.base)+uint32(n)) {
			return family.base + CodePage(n), true
		}
	}
	return 0, false
}

// near returns the names that are most similar to key, as the end of an error message.
func near(key string) string {
	type candidate struct {
		name     string
		distance int
	}
	var all []candidate
	add := func(name string, plain string) {
		if d := distance(key, plain); d <= len(plain)/3 {
			all = append(all, candidate{name, d})
		}
	}
	for _, page := range pageNames {
		best := ""
		for label := range strings.FieldsSeq(page.names) {
			if best == "" || distance(key, label) < distance(key, best) {
				best = label
			}
		}
		name, _, _ := strings.Cut(page.names, " ")
		add(page.shown(name), best)
	}
	for _, n := range numbered {
		number := strconv.Itoa(n)
		add("cp"+number, "cp"+number)
		add(number, number)
	}
	slices.SortStableFunc(all, func(a, b candidate) int { return a.distance - b.distance })
	if len(all) == 0 {
		return ": no name of a code page is like it; examples are utf-8, gbk, cp936, windows-1252 and zh_CN.GB18030"
	}
	var names []string
	for _, c := range all[:min(len(all), 4)] {
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	return "; did you mean " + strings.Join(names, ", ") + "?"
}

// distance returns the number of bytes that must be added, removed or changed to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// numbered holds the pages that are named by number only.
var numbered = []int{437, 708, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 936, 949, 950,
	1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258}

// A namedPage is a code page and its names, without hyphens, the usual one first.
type namedPage struct {
	cp    CodePage
	label string // the usual name in its usual spelling
	names string
}

// shown returns the usual name in its usual spelling.
func (p *namedPage) shown(plain string) string {
	if p.label != "" {
		return p.label
	}
	return plain
}

// pageNames are the names in "Code Page Identifiers" in Microsoft's documentation and the labels of
// encoding.spec.whatwg.org.
var pageNames = []namedPage{
	{UTF8CP, "utf-8", "utf8 unicode11utf8 unicode20utf8 xunicode20utf8"},
	{UTF16LE, "utf-16", "utf16 utf16le unicode ucs2 iso10646ucs2 csunicode unicodefeff"},
	{utf16BE, "utf-16be", "utf16be unicodefffe"},
	{GBK, "", "gbk gb2312 chinese csgb2312 csiso58gb231280 gb231280 isoir58 xgbk euccn xeuccn"},
	{GB18030, "", "gb18030"},
	{Big5, "", "big5 big5eten cnbig5 csbig5 xxbig5"},
	{951, "big5-hkscs", "big5hkscs"},
	{ShiftJIS, "shift_jis", "shiftjis csshiftjis sjis xsjis mskanji windows31j cswindows31j"},
	{EUCKR, "euc-kr", "euckr cseuckr csksc56011987 isoir149 korean ksc5601 ksc56011987 ksc56011989 ksc5601 uhc"},
	{20932, "euc-jp", "eucjp xeucjp cseucpkdfmtjapanese ujis"},
	{708, "asmo-708", "asmo708"},
	{874, "tis-620", "tis620 iso885911"},
	{866, "", "cp866 csibm866"},
	{1250, "", "windows1250 xcp1250"},
	{1251, "", "windows1251 xcp1251"},
	{1252, "", "windows1252 xcp1252"},
	{858, "", "ibm00858 ccsid00858"},
	{20127, "us-ascii", "usascii ascii ansix3.41968 iso646us us"},
	{20866, "koi8-r", "koi8r cskoi8r koi8 koi"},
	{21866, "koi8-u", "koi8u koi8ru"},
	{28591, "iso-8859-1", "iso88591 latin1 l1 isoir100 csisolatin1 iso885911987"},
	{28592, "iso-8859-2", "iso88592 latin2 l2 isoir101 csisolatin2 iso885921987"},
	{28593, "iso-8859-3", "iso88593 latin3 l3 isoir109 csisolatin3 iso885931988"},
	{28594, "iso-8859-4", "iso88594 latin4 l4 isoir110 csisolatin4 iso885941988"},
	{28595, "iso-8859-5", "iso88595 cyrillic isoir144 csisolatincyrillic iso885951988"},
	{28596, "iso-8859-6", "iso88596 arabic isoir127 csisolatinarabic iso885961987 ecma114 iso88596e iso88596i csiso88596e csiso88596i"},
	{28597, "iso-8859-7", "iso88597 greek greek8 isoir126 csisolatingreek iso885971987 ecma118 elot928 suneugreek"},
	{28598, "iso-8859-8", "iso88598 hebrew visual isoir138 csisolatinhebrew iso885981988 iso88598e iso88598i csiso88598e csiso88598i logical"},
	{28599, "iso-8859-9", "iso88599 latin5 l5 isoir148 csisolatin5 iso885991989"},
	{28603, "iso-8859-13", "iso885913"},
	{28605, "iso-8859-15", "iso885915 latin9 l9 csisolatin9"},
}
