package codepage

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

var wideCharToMultiByte = windows.NewLazySystemDLL("kernel32.dll").NewProc("WideCharToMultiByte")

const (
	mbErrInvalidChars = 0x8   // MB_ERR_INVALID_CHARS
	wcNoBestFitChars  = 0x400 // WC_NO_BEST_FIT_CHARS
)

// windowsDecode is MultiByteToWideChar. With mbErrInvalidChars ok is false where the bytes are not
// text, or are text of the private use area.
func windowsDecode(number, flags uint32, src []byte) (text string, ok bool) {
	var dst [8]uint16
	n, err := windows.MultiByteToWideChar(number, flags, &src[0], int32(len(src)), &dst[0], int32(len(dst)))
	if err != nil || n == 0 {
		return "", false
	}
	return string(utf16Runes(dst[:n])), true
}

// utf16Runes are Basic Multilingual Plane only here.
func utf16Runes(units []uint16) (runes []rune) {
	for _, unit := range units {
		runes = append(runes, rune(unit))
	}
	return runes
}

// windowsEncode is WideCharToMultiByte without best fits.
func windowsEncode(number uint32, char rune) string {
	unit := uint16(char)
	var dst [8]byte
	n, _, _ := wideCharToMultiByte.Call(uintptr(number), wcNoBestFitChars, uintptr(unsafe.Pointer(&unit)), 1, uintptr(unsafe.Pointer(&dst[0])), uintptr(len(dst)), 0, 0)
	return string(dst[:n])
}

// TestAgainstWindows compares all one- and two-byte inputs, and all characters of the Basic
// Multilingual Plane, with what Windows makes of them.
func TestAgainstWindows(t *testing.T) {
	for _, number := range numbers() {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			if _, ok := windowsDecode(number, 0, []byte("a")); !ok && number != gb18030 {
				t.Skip("this system does not have the code page")
			}
			if number == gb18030 {
				testenv.NeedWindows(t, "does not have code page 54936")
			}
			enc := lookup(t, number)
			differ := 0
			report := func(format string, args ...any) {
				if differ++; differ <= 10 {
					t.Errorf(format, args...)
				}
			}
			for code := range 1 << 16 {
				src := []byte{byte(code >> 8), byte(code)}
				if code < 0x100 {
					src = src[1:]
				}
				got := decodeAll(t, enc, string(src))
				if strings.ContainsRune(got, utf8.RuneError) {
					if want, ok := windowsDecode(number, mbErrInvalidChars, src); ok {
						report("% x: %q, in Windows %q", src, got, want)
					}
				} else if want, _ := windowsDecode(number, 0, src); got != want {
					report("% x: %q, in Windows %q", src, got, want)
				}
			}
			for char := range rune(1 << 16) {
				if char >= 0xD800 && char < 0xE000 {
					continue
				}
				got, want := encodeAll(t, enc, string(char)), windowsEncode(number, char)
				if number == gb18030 { // takes no flags
					want = got
				}
				if got != want {
					report("%U: %x, in Windows %x", char, got, want)
				}
			}
			if differ > 0 {
				t.Errorf("%d differences", differ)
			}
		})
	}
}

// TestFourBytesAgainstWindows compares GB 18030's codes of four bytes.
func TestFourBytesAgainstWindows(t *testing.T) {
	testenv.NeedWindows(t, "does not have code page 54936")
	enc := lookup(t, gb18030)
	for char := range rune(1 << 16) {
		if char >= 0xD800 && char < 0xE000 {
			continue
		}
		code := []byte(encodeAll(t, enc, string(char)))
		var dst [8]uint16
		n, err := windows.MultiByteToWideChar(gb18030, 0, &code[0], int32(len(code)), &dst[0], int32(len(dst)))
		require.NoError(t, err)
		require.Equal(t, string(char), string(utf16Runes(dst[:n])), "% x", code)
	}
}
