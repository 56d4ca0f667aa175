package consolex

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"golang.org/x/text/encoding"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// A CodePage is the number that Windows gives to an encoding of text, see "Code
// Page Identifiers" in Microsoft's documentation. Any number may be tried. Known
// on every system are UTF-8, UTF-16 (1200, 1201), GB 18030 (54936), the double-byte
// pages 932, 936, 949 and 950, and the ANSI, OEM, KOI8 and ISO 8859 pages of one
// byte: 437 to 869, 874, 1250 to 1258, 20127, 20866, 21866, 28591 to 28605.
type CodePage uint32

// Frequent code pages.
const (
	// Auto is UTF-8 where the text is UTF-8, and the code page of [ChildOf] where it
	// is not, line by line. It is for decoding only. See [NewDecoder].
	Auto CodePage = 0

	UTF8CP   CodePage = 65001
	UTF16LE  CodePage = 1200
	GBK      CodePage = 936   // simplified Chinese
	GB18030  CodePage = 54936 // all of Unicode in bytes that GBK programs pass on
	Big5     CodePage = 950   // traditional Chinese
	ShiftJIS CodePage = 932   // Japanese
	EUCKR    CodePage = 949   // Korean
)

// orUTF8 marks what OrUTF8 returns. Windows' numbers end at 65535.
const orUTF8 CodePage = 1 << 31

// OrUTF8 is [Auto] with another code page than that of [ChildOf]: lines that are not
// UTF-8 are in cp. It is what a Windows log needs on another system, where
// programs' output is UTF-8 and says nothing about the log. That of Auto is Auto.
func (cp CodePage) OrUTF8() CodePage {
	if cp == Auto {
		return Auto
	}
	return cp | orUTF8
}

// ErrCodePage is in the errors about a code page that is unknown, or that can't be
// what is asked of it. It is an [errors.ErrUnsupported], too.
var ErrCodePage error = codepage.Unknown{}

// Encoding returns the code page for the use with golang.org/x/text. Its decoder
// and its encoder never fail: what is no text becomes U+FFFD, and what the code
// page lacks a question mark. It takes a byte order mark for text.
//
// [Auto] is none: it needs the whole line. The error of an unknown code page is
// [ErrCodePage].
func (cp CodePage) Encoding() (encoding.Encoding, error) {
	if cp == Auto || cp&orUTF8 != 0 {
		return nil, fmt.Errorf("%w: %v is for decoding, with NewDecoder or NewDecodeWriter", ErrCodePage, cp)
	}
	return codepage.Lookup(uint32(cp))
}

// String returns the number, as chcp shows it.
func (cp CodePage) String() string {
	switch {
	case cp == Auto:
		return "auto"
	case cp&orUTF8 != 0:
		return "auto or " + (cp &^ orUTF8).String()
	}
	return strconv.FormatUint(uint64(cp), 10)
}

// ANSI returns the code page of Windows programs that know no Unicode: 936 in a
// Chinese Windows, 1252 in a Western one, 65001 where "Beta: Use Unicode UTF-8 for
// worldwide language support" is ticked. Python and old GUI programs use it.
//
// On other systems this, OEM, Output and ChildOf are the code page of the locale's
// charset (LC_ALL, LC_CTYPE, LANG): UTF-8, if it does not name another one.
func ANSI() CodePage { return ansi() }

// OEM returns the code page that a new console has: 936 in a Chinese Windows, 437
// or 850 in a Western one.
func OEM() CodePage { return oem() }

// Output returns the output code page of this process's console, as chcp shows
// it, and [OEM] without a console.
func Output() CodePage {
	if cp := consoleOutput(); cp != 0 {
		return cp
	}
	return oem()
}

// ChildOf returns the code page that cmd's program writes in unless it writes UTF-8: that of
// the console that it shares with this process, or [OEM] if cmd's SysProcAttr or the lack of a
// console here gives it a console of its own. cmd, .NET and most command line tools follow it.
// A nil cmd is a child on this process's console.
func ChildOf(cmd *exec.Cmd) CodePage {
	if cmd != nil && hasOwnConsole(cmd) {
		return OEM()
	}
	return Output()
}

// fallback returns the code page of lines that are not UTF-8 from a child whose
// console has that code page. Once a console has 65001, those who keep to it write
// UTF-8, and who does not, writes ANSI. So it is with one that has no table.
func fallback(console, ansi CodePage) CodePage {
	for _, cp := range []CodePage{console, ansi} {
		if cp != UTF8CP && !isUTF16(cp) && codepage.Known(uint32(cp)) {
			return cp
		}
	}
	return UTF8CP
}

// localeCodePage returns the code page of a Unix locale like zh_CN.GBK, by the
// variables that POSIX looks at, in its order.
func localeCodePage(getenv func(string) string) CodePage {
	locale := ""
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale = getenv(name); locale != "" {
			break
		}
	}
	_, charset, _ := strings.Cut(locale, ".")
	charset, _, _ = strings.Cut(charset, "@")
	charset = strings.NewReplacer("-", "", "_", "").Replace(strings.ToUpper(charset))
	switch charset {
	case "GBK", "GB2312", "EUCCN":
		return GBK
	case "GB18030":
		return GB18030
	case "BIG5":
		return Big5
	case "SJIS", "SHIFTJIS", "WINDOWS31J":
		return ShiftJIS
	case "EUCKR", "UHC":
		return EUCKR
	case "KOI8R":
		return 20866
	case "KOI8U":
		return 21866
	case "TIS620":
		return 874
	}
	for _, family := range [...]struct {
		prefix string
		base   CodePage
	}{{"CP", 0}, {"IBM", 0}, {"WINDOWS", 0}, {"ISO8859", 28590}} {
		digits, ok := strings.CutPrefix(charset, family.prefix)
		if n, err := strconv.ParseUint(digits, 10, 16); ok && err == nil {
			if cp := family.base + CodePage(n); codepage.Known(uint32(cp)) {
				return cp
			}
		}
	}
	return UTF8CP
}
