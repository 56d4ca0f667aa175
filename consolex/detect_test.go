package consolex

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// detected returns src decoded by Detect in one piece.
func detected(t testing.TB, src string, cp CodePage) string {
	t.Helper()
	out, err := io.ReadAll(Detect{CodePage: cp}.NewDecoder(strings.NewReader(src)))
	require.NoError(t, err)
	return string(out)
}

// detecting is Detect's NewDecodeWriter as a function.
func detecting(w io.Writer, cp CodePage) io.WriteCloser {
	return Detect{CodePage: cp}.NewDecodeWriter(w)
}

// encoded returns text in a code page that contains all of its characters.
func encoded(t testing.TB, text string, cp CodePage) string {
	t.Helper()
	enc, err := cp.Encoding()
	require.NoError(t, err)
	code, err := enc.NewEncoder().String(text)
	require.NoError(t, err)
	back, err := enc.NewDecoder().String(code)
	require.NoError(t, err)
	require.Equal(t, text, back, "%v lacks a character", cp)
	return code
}

func TestDetect(t *testing.T) {
	gbk := func(text string) string { return encoded(t, text, GBK) }
	for _, test := range []struct {
		name string
		src  string
		want string
	}{
		{"UTF-8 line", "中文\n", "中文\n"},
		{"GBK line", "error: " + gbkHello + "\n", "error: 你好\n"},
		{"mixed lines", "中\n" + gbkHello + "\nASCII\n中", "中\n你好\nASCII\n中"},
		{"GBK without a newline", "Enter " + gbkHello, "Enter 你好"},
		{"mark determines the stream's encoding", "\xef\xbb\xbf" + gbkHello + "\n中", "\uFFFD\uFFFD\uFFFD\uFFFD\n中"},
		{"UTF-16 mark determines the stream's encoding", "\xff\xfe\x2d\x4e", "中"},
		{"a mark in the middle is text", "a\xef\xbb\xbf", "a\uFEFF"},
		{"0xFF is not a mark", "\xff\xff\n", "\uF8F5\uF8F5\n"},
		{"invalid in both", strings.Repeat("é", 16) + "\xc4\n" + gbkHello, strings.Repeat("é", 16) + "\uFFFD\n你好"},
		{"a line ends in a character", "\xe4\xb8\n", "涓\n"},
		{"the input ends in a character", "中\xe4\xb8", "中\uFFFD\uFFFD"},
		{"a carriage return does not end a line", "文文\r" + gbkHello + "\n", "文文\r你好\n"},

		{"a word that is valid UTF-8, then ASCII", gbk("系统目录:      C:\\Windows\\system32\n"), "系统目录:      C:\\Windows\\system32\n"},
		{"words on a line that is valid UTF-8", gbk("状态                                  停止\n"), "状态                                  停止\n"},
		{"such a line after others", gbk("公用配置文件 设置:\n----\n源\n"), "公用配置文件 设置:\n----\n源\n"},
		{"such a line in a stream of UTF-8", "日志\n" + gbk("状态\n"), "日志\n状态\n"},
		{"UTF-8 before GBK", "2026 [错误] 启动失败: " + gbk("系统找不到指定的文件。\n"), "2026 [错误] 启动失败: 系统找不到指定的文件。\n"},
		{"UTF-8 before GBK without a space", "2026 启动失败：" + gbk("系统找不到指定的文件。\n"), "2026 启动失败：系统找不到指定的文件。\n"},
		{"GBK before UTF-8", gbk("找不到") + " 文件 café\n", "找不到 文件 café\n"},
		{"Latin UTF-8 alone", "un café, s'il vous plaît\n", "un café, s'il vous plaît\n"},
		{"Latin UTF-8 after GBK", gbkHello + "\nun café, s'il vous plaît\n", "你好\nun café, s'il vous plaît\n"},
		{"Russian UTF-8", "Да, привет\n", "Да, привет\n"},
		{"a rare character before a frequent one", gbk("正在充电的锂电池\n锂电池\n"), "正在充电的锂电池\n锂电池\n"},
		{"a dash and quotation marks", "it’s “fine” – ok…\n", "it’s “fine” – ok…\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, detected(t, test.src, GBK))
			anyCut(t, test.src, test.want, GBK)
		})
	}
}

// anyCut checks that the result does not depend on how the input is split.
func anyCut(t *testing.T, src, want string, cp CodePage) {
	t.Helper()
	for i := range len(src) + 1 {
		require.Equal(t, want, written(t, detecting, cp, src[:i], "", src[i:]), "cut at %d", i)
	}
	require.Equal(t, want, written(t, detecting, cp, pieces(src, 1)...), "byte by byte")
	require.Equal(t, want, written(t, detecting, cp, pieces(src, 7)...))
}

// TestDetectInOtherPages covers the output of tools in code pages that used to be decoded wrongly.
func TestDetectInOtherPages(t *testing.T) {
	for _, test := range []struct {
		cp    CodePage
		lines string
	}{
		{866, "Тип запуска: Авто\nтип\nрег\nОтказано в доступе.\n    Пакетов: отправлено = 4, (0% потерь)\n"},
		{852, "Paměť\nNelze alokovat paměť pro proces\ntěžko\nPřístup byl odepřen.\n"},
		{850, "Zeitüberschreitung der Anforderung.\nGröße\nÜbung\nRéponse de ::1 : temps<1ms\n"},
		{932, "状態\n表示\nソースコード表能\n閾値は1次元の配列でなければなりません\nアクセスが拒否されました。\n"},
		{EUCKR, "상태\n키\n홈\n창\n체크\n액세스가 거부되었습니다.\n"},
		{Big5, "系統\n狀態\n翻譯\n存取被拒。\n"},
		{1251, "Рёв\nСостояние среды\n"},
		{1252, "Größe – naïve\n"},
	} {
		code := encoded(t, test.lines, test.cp)
		assert.Equal(t, test.lines, detected(t, code, test.cp), test.cp)
		anyCut(t, code, test.lines, test.cp)
		assert.Equal(t, test.lines, detected(t, test.lines, test.cp), "UTF-8 on a machine with %v", test.cp)
		for line := range strings.Lines(test.lines) {
			assert.Equal(t, line, detected(t, encoded(t, line, test.cp), test.cp), "%v, alone", test.cp)
			assert.Equal(t, line, detected(t, line, test.cp), "UTF-8 on a machine with %v, alone", test.cp)
		}
	}
}

// TestDetectHoldsBack checks the text delivered before the line ends.
func TestDetectHoldsBack(t *testing.T) {
	utf16 := func(s string) string { return string(utf16Bytes(s, false)) }
	for _, test := range []struct{ src, at string }{
		{"Continue? [y/n] ", "Continue? [y/n] "},
		{"请输入密码：", "请输入密码："},
		{"name: 中", "name: 中"},
		{"name: 😀", "name: 😀"},
		{encoded(t, "请输入密码：", GBK), "请输入密码："},
		{gbkHello + "\n请输入密码：", "你好\n请输入密码："},
		{"name: " + gbkHello, "name: 你好"}, // 0xBA 0xC3 can't be UTF-8
		{"name: \xc3\xa9", "name: "},
		{"name: \xc3\xa9 ", "name: "},
		{"name: \xc3\xa9\n", "name: é\n"},
		{"中 \xc3\xa9 ", "中 é "},
		{"x中\xe4\xb8", "x中"}, // at most one character
		{gbkHello + "\xc4", "你好"},
		{utf16("Name: "), "Name: "},
		{utf16("中文\r\n请输入密码："), "中文\r\n请输入密码："},
		{strings.Repeat("é ", 340), ""},
		{strings.Repeat("é ", 350), strings.Repeat("é ", 350)}, // the bytes held back are limited
	} {
		var out bytes.Buffer
		w := detecting(&out, GBK)
		_, err := io.WriteString(w, test.src)
		require.NoError(t, err)
		assert.Equal(t, test.at, out.String(), "%q", test.src)
	}
}

// utf16Bytes returns s in UTF-16 without a mark.
func utf16Bytes(s string, bigEndian bool) (out []byte) {
	for _, unit := range utf16.Encode([]rune(s)) {
		low, high := byte(unit), byte(unit>>8)
		if bigEndian {
			low, high = high, low
		}
		out = append(out, low, high)
	}
	return out
}

func TestDetectUTF16(t *testing.T) {
	little := func(s string) string { return string(utf16Bytes(s, false)) }
	big := func(s string) string { return string(utf16Bytes(s, true)) }
	const wsl = "适用于 Linux 的 Windows 子系统分发版:\r\nUbuntu (默认)\r\n"
	const cmd = " 驱动器 C 中的卷没有标签。\r\n 卷的序列号是 1234-ABCD\r\n\r\n登录\r\n以上\r\n"
	for _, test := range []struct {
		name, src, want string
		cp              CodePage
	}{
		{"ASCII", little("NAME STATE\r\n* Ubuntu Running\r\n"), "NAME STATE\r\n* Ubuntu Running\r\n", GBK},
		{"one character", little("x"), "x", GBK},
		{"Latin-1", little("é\r\n"), "é\r\n", GBK},
		{"Chinese", little(wsl), wsl, GBK},
		{"Chinese, where there is no code page", little(wsl), wsl, UTF8CP},
		{"Chinese, on a Russian machine", little(wsl), wsl, 866},
		{"Chinese that begins with a symbol", little("中文 1\r\n登录\r\n"), "中文 1\r\n登录\r\n", Big5},
		{"a symbol and ASCII", "-Name\n", "-Name\n", GBK},
		{"a sign alone", "-N", "-N", GBK},
		{"Chinese without ASCII", little("系统找不到指定的文件。"), "系统找不到指定的文件。", GBK},
		{"Chinese that is ASCII by its bytes, after a line", little(cmd), cmd, GBK},
		{"beyond the Basic Multilingual Plane", little("a😀\r\n😀\r\n"), "a😀\r\n😀\r\n", GBK},
		{"big-endian", big("NAME\r\n* 中文\r\n"), "NAME\r\n* 中文\r\n", GBK},
		{"after lines of 8 bits", "start\n" + gbkHello + "\n" + little("NAME\r\n") + "中文 again\n" + gbkHello + "\nok, that was it\n",
			"start\n你好\nNAME\r\n中文 again\n你好\nok, that was it\n", GBK},
		{"in the middle of a line", "ok: " + little("NAME\r\n"), "ok: NAME\r\n", GBK},
		{"an appended file", "2026 log\n\xff\xfe" + little("中文\r\nx\r\n"), "2026 log\n中文\r\nx\r\n", GBK},
		{"an appended file, big-endian", "2026 log\n\xfe\xff" + big("中文\r\nx\r\n"), "2026 log\n中文\r\nx\r\n", GBK},
		{"a file appended to one", little("中文 1\r\n") + "\xff\xfe" + little("中文\r\n"), "中文 1\r\n中文\r\n", GBK},
		{"half a unit at the end", little("ab\r\n") + "c\x00d", "ab\r\nc\uFFFD", GBK},
		{"NULs between names are not UTF-16", "first\x00second\x00", "first\x00second\x00", GBK},
		{"nor is a NUL at the end", "text\x00", "text\x00", GBK},
		{"Russian UTF-8 whose bytes look like UTF-16", "ОБЛАКО\nОБЛАКО", "ОБЛАКО\nОБЛАКО", GBK},
		{"Big5 whose pairs do", encoded(t, "電電電電電電電電電電\n", Big5), "電電電電電電電電電電\n", Big5},
		{"GBK whose pairs look like UTF-16", encoded(t, "個體戶\n", GBK), "個體戶\n", GBK},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, detected(t, test.src, test.cp))
			anyCut(t, test.src, test.want, test.cp)
		})
	}
}

// TestDetectCacheDoesNotMatter checks that the cache of weighed runs does not change the result.
func TestDetectCacheDoesNotMatter(t *testing.T) {
	texts := []string{
		"Le café à côté : « déjà vu », où l'été naïf est créé. Éléonore, Ça, ÿ\n", "Größe, Übung, Maß, über 10° – “so”…\n",
		"Ещё я и ты, Ёлка ё-моё\n", "状态 é, 停止 è; 系统 à la carte\n", gbkHello + " café\n",
		"中 sûr, ûr, sû.\n", "中 \xc3\xbb, \xc3\xbb.\n", // û within a word, 没 alone
		"\xcf\xb5\xcd\xb3 \xc3\xa9 \xd7\xb4\n", "x\xc3\xa9\xc4\xe3 é\n",
	}
	for _, cp := range []CodePage{GBK, Big5, ShiftJIS, EUCKR, 866, 1252, 852} {
		for i, first := range texts {
			for _, second := range texts[i:] {
				src := strings.Repeat(first, 2) + second + first + strings.Repeat(second, 2)
				d, err := newDetector(cp)
				require.NoError(t, err)
				c := &conversion{converter: d}
				var out []byte
				for piece := range strings.Lines(src) {
					for _, p := range pieces(piece, 5) {
						d.seen = codepage.RunSet{}
						out = c.feed(out, []byte(p), false)
					}
				}
				out = c.feed(out, nil, true)
				require.Equal(t, detected(t, src, cp), string(out), "%v", cp)
			}
		}
	}
}

// FuzzDetect splits any input anywhere. The seeds include those of TestDetect.
func FuzzDetect(f *testing.F) {
	for _, cp := range []CodePage{GBK, ShiftJIS, 866, UTF8CP} {
		f.Add(uint32(cp), "plain ASCII\r\n", 3, 5)
		f.Add(uint32(cp), "中文 UTF-8\n"+gbkHello+" GBK\n", 4, 14)
		f.Add(uint32(cp), "\xef\xbb\xbfa mark\n\xff", 1, 2)
		f.Add(uint32(cp), "\xff\xfe\x2d\x4e UTF-16", 1, 3)
		f.Add(uint32(cp), "log\n\xff\xfe\x2d\x4e\n\x00back to ASCII", 5, 9)
		f.Add(uint32(cp), strings.Repeat("é", 16)+"\xc4 valid bytes before a violation\n", 31, 33)
		f.Add(uint32(cp), "\xe4\xb8\n\xe4\xb8 incomplete at a line's and the input's end \xe4\xb8", 1, 4)
		f.Add(uint32(cp), "\xcf\xb5\xcd\xb3: \xc3\xa9 \xd7\xb4\xcc\xac valid as both", 3, 9)
		f.Add(uint32(cp), "a\x00b\x00\n\x00-NNeeN~v[\x00", 3, 9)
		f.Add(uint32(cp), strings.Repeat("é ", 300)+"\xc4\xe3\xba\xc3", 600, 900)
	}
	f.Fuzz(func(t *testing.T, number uint32, src string, i, j int) {
		cp := CodePage(number)
		if _, err := newDetector(cp); err != nil {
			t.Skip()
		}
		i = min(max(i, 0), len(src))
		j = min(max(j, i), len(src))
		want := detected(t, src, cp)
		require.True(t, utf8.ValidString(want))
		require.Equal(t, want, written(t, detecting, cp, src[:i], src[i:j], src[j:]))
		require.Equal(t, want, written(t, detecting, cp, pieces(src, 1)...))
		var copied bytes.Buffer
		_, err := io.Copy(&copied, Detect{CodePage: cp}.NewDecoder(strings.NewReader(src)))
		require.NoError(t, err)
		require.Equal(t, want, copied.String())
	})
}
