package consolex

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// A CodePage is the number that Windows gives to an encoding of text, see "Code Page Identifiers"
// in Microsoft's documentation. Any number may be tried. Known on every system are UTF-8, UTF-16
// (1200, 1201), GB 18030 (54936), the double-byte pages 932, 936, 949, 950 and 951 (Big5-HKSCS),
// EUC-JP (20932, 51932), and the ANSI, OEM, KOI8 and ISO 8859 pages of one byte: 437 to 869, 874,
// 1250 to 1258, 20127, 20866, 21866, 28591 to 28605.
type CodePage uint32

// Frequent code pages.
const (
	// Auto is UTF-8 where the text is UTF-8, UTF-16 where it is that, and the code page of
	// [ChildOf] where it is neither. It is for decoding only. See [Detect].
	Auto CodePage = 0

	UTF8CP   CodePage = 65001
	UTF16LE  CodePage = 1200
	GBK      CodePage = 936   // simplified Chinese
	GB18030  CodePage = 54936 // all of Unicode in bytes that GBK programs pass on
	Big5     CodePage = 950   // traditional Chinese
	ShiftJIS CodePage = 932   // Japanese
	EUCKR    CodePage = 949   // Korean
)

// ErrCodePage is in the errors about a code page that is unknown, or that can't be what is asked of
// it. It wraps [errors.ErrUnsupported].
var ErrCodePage error = codepage.Unknown{}

// Encoding returns the code page for use with golang.org/x/text. Its decoder and encoder never
// fail: bytes that are not text become U+FFFD, and characters that the code page lacks become
// question marks. A byte order mark is text to it.
//
// [Auto] has no Encoding, since it needs the context of a character. The error about an unknown
// code page is [ErrCodePage].
func (cp CodePage) Encoding() (encoding.Encoding, error) {
	if cp == Auto {
		return nil, fmt.Errorf("%w: auto is for decoding, with NewDecoder or NewDecodeWriter", ErrCodePage)
	}
	return codepage.Lookup(uint32(cp))
}

// Encodable reports whether every character of s is in the code page, so that [NewEncoder] loses
// none. Otherwise what the code page lacks becomes question marks, without an error: ’ “ – and … do
// in code page 437. It is false for [Auto] and for an unknown code page.
func (cp CodePage) Encodable(s string) bool {
	if cp == UTF8CP || isUTF16(cp) {
		return utf8.ValidString(s)
	}
	page, ok := codepage.PageOf(uint32(cp))
	return ok && page.Encodable(s)
}

// String returns the number, as chcp shows it.
func (cp CodePage) String() string {
	if cp == Auto {
		return "auto"
	}
	return strconv.FormatUint(uint64(cp), 10)
}

// ANSI returns the machine's code page for programs without Unicode: 936 on a Chinese Windows, 1252
// on a Western one, 65001 where "Beta: Use Unicode UTF-8 for worldwide language support" is ticked.
// Python and old GUI programs use it. A manifest that sets this process's activeCodePage does not
// change it, as it does not change what other programs write: it is read from
// HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Nls\CodePage.
//
// On other systems ANSI, OEM, Output and ChildOf return the code page of the locale's charset
// (LC_ALL, LC_CTYPE, LANG), or UTF-8 if the locale does not name another one.
func ANSI() CodePage { return ansi() }

// OEM returns the code page that a new console has: 936 on a Chinese Windows, 437 or 850 on a
// Western one. As [ANSI] it is the machine's.
func OEM() CodePage { return oem() }

// Output returns the output code page of this process's console, as chcp shows it, and [OEM]
// without a console.
func Output() CodePage {
	if cp := consoleOutput(); cp != 0 {
		return cp
	}
	return oem()
}

// ChildOf returns the code page that cmd's program writes in unless it writes UTF-8. That is the
// output code page of the console that it shares with this process, which cmd, .NET and most
// command line tools follow. It is [OEM]
//
//   - if cmd's SysProcAttr has CREATE_NO_WINDOW, CREATE_NEW_CONSOLE or DETACHED_PROCESS, or this
//     process has no console, so that the program does not share it;
//   - if that console is at 65001, where programs that follow it write UTF-8, and those that don't,
//     such as ping, net and ipconfig, write the OEM code page.
//
// A nil cmd is a child on this process's console. On other systems than Windows the locale in cmd's
// Env counts. [CombinedOutput] and [Stream] use ChildOf; [Detect] can be given its result.
func ChildOf(cmd *exec.Cmd) CodePage {
	if cp, ok := ownPage(cmd); ok {
		return cp
	}
	return childPage(Output(), OEM())
}

// childPage returns the code page of a child whose console has that code page.
func childPage(console, oem CodePage) CodePage {
	if console == UTF8CP {
		return oem
	}
	return console
}

// fallback returns the code page of text that is not Unicode, from a child that writes in the code
// page child. If there is no table for that one, it is the ANSI code page.
func fallback(child, ansi CodePage) CodePage {
	for _, cp := range []CodePage{child, ansi} {
		if cp == UTF8CP {
			break
		}
		if !isUTF16(cp) && codepage.Known(uint32(cp)) {
			return cp
		}
	}
	return UTF8CP
}

// localeCodePage returns the code page of a Unix locale such as zh_CN.GBK, from the variables that
// POSIX names, in its order.
func localeCodePage(getenv func(string) string) CodePage {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := getenv(name); locale != "" {
			if cp, err := ParseCodePage(locale); err == nil && cp != Auto && !isUTF16(cp) && strings.Contains(locale, ".") {
				return cp
			}
			break
		}
	}
	return UTF8CP
}
