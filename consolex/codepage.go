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

// A CodePage is the number that Windows gives a text encoding; see "Code Page Identifiers" in
// Microsoft's documentation. Any number may be tried. The following are known on every system:
// UTF-8, UTF-16 (1200, 1201), GB 18030 (54936), the double-byte pages 932, 936, 949, 950 and 951
// (Big5-HKSCS), EUC-JP (20932, 51932), and the ANSI, OEM, KOI8 and ISO 8859 pages of one byte: 437
// to 869, 874, 1250 to 1258, 20127, 20866, 21866, 28591 to 28605.
type CodePage uint32

// Common code pages.
const (
	// Auto detects UTF-8 and UTF-16, and uses the code page of [ChildOf] for other text. It is for
	// decoding only. See [Detect].
	Auto CodePage = 0

	UTF8CP   CodePage = 65001
	UTF16LE  CodePage = 1200
	GBK      CodePage = 936   // simplified Chinese
	GB18030  CodePage = 54936 // all of Unicode in bytes that GBK programs pass through
	Big5     CodePage = 950   // traditional Chinese
	ShiftJIS CodePage = 932   // Japanese
	EUCKR    CodePage = 949   // Korean
)

// ErrCodePage is returned, wrapped, for a code page that is unknown or does not support the
// requested use. It wraps [errors.ErrUnsupported].
var ErrCodePage error = codepage.Unknown{}

// Encoding returns the code page as an encoding of golang.org/x/text. Its decoder and encoder never
// fail: invalid bytes become U+FFFD, and characters that the code page lacks become question marks.
// A byte order mark is treated as text.
//
// [Auto] has no Encoding, since it depends on the context of a character. The error for an unknown
// code page matches [ErrCodePage].
func (cp CodePage) Encoding() (encoding.Encoding, error) {
	if cp == Auto {
		return nil, fmt.Errorf("%w: auto is for decoding, with NewDecoder or NewDecodeWriter", ErrCodePage)
	}
	return codepage.Lookup(uint32(cp))
}

// Encodable reports whether the code page contains every character of s, so that [NewEncoder] loses
// none. The encoder silently replaces missing characters with question marks: in code page 437, ’ “
// – and … are missing. Encodable returns false for [Auto] and for an unknown code page.
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
// on a Western one, 65001 if "Beta: Use Unicode UTF-8 for worldwide language support" is enabled.
// Python and old GUI programs use it. The activeCodePage in this process's manifest does not affect
// the result, since it does not affect what other programs write: ANSI reads the code page from
// HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Nls\CodePage.
//
// On other systems ANSI, OEM, Output and ChildOf return the code page of the locale's charset
// (LC_ALL, LC_CTYPE, LANG), or UTF-8 if the locale does not name another one.
func ANSI() CodePage { return ansi() }

// OEM returns the code page of a new console: 936 on a Chinese Windows, 437 or 850 on a Western
// one. Like [ANSI] it is the machine's.
func OEM() CodePage { return oem() }

// Output returns the output code page of this process's console, as chcp shows it, or [OEM] if
// there is no console.
func Output() CodePage {
	if cp := consoleOutput(); cp != 0 {
		return cp
	}
	return oem()
}

// ChildOf returns the code page that cmd's program uses unless it writes UTF-8. This is the output
// code page of the console that it shares with this process, which cmd, .NET and most command line
// tools follow. It is [OEM]
//
//   - if cmd's SysProcAttr has CREATE_NO_WINDOW, CREATE_NEW_CONSOLE or DETACHED_PROCESS, or this
//     process has no console, so that the program does not share it;
//   - if that console is set to 65001, where programs that follow it write UTF-8, and those that
//     don't, such as ping, net and ipconfig, use the OEM code page.
//
// A nil cmd means a child on this process's console. On systems other than Windows the locale in
// cmd's Env is used. [CombinedOutput] and [Stream] use ChildOf; its result can be passed to
// [Detect].
func ChildOf(cmd *exec.Cmd) CodePage {
	if cp, ok := ownPage(cmd); ok {
		return cp
	}
	return childPage(Output(), OEM())
}

// childPage returns the code page that a child on a console uses.
func childPage(console, oem CodePage) CodePage {
	if console == UTF8CP {
		return oem
	}
	return console
}

// fallback returns the code page for the non-Unicode text of a child that uses the code page child.
// It returns the ANSI code page if there is no table for child.
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

// localeCodePage returns the code page of a Unix locale such as zh_CN.GBK, using the environment
// variables in POSIX order.
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
