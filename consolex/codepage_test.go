package consolex

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/transform"
)

func TestCodePageEncoding(t *testing.T) {
	enc, err := GBK.Encoding()
	require.NoError(t, err)
	text, err := enc.NewDecoder().String(gbkHello)
	require.NoError(t, err)
	assert.Equal(t, "你好", text)
	code, err := enc.NewEncoder().String("你好😀")
	require.NoError(t, err)
	assert.Equal(t, gbkHello+"?", code)
	got, err := io.ReadAll(transform.NewReader(strings.NewReader(strings.Repeat(gbkHello, 5000)), enc.NewDecoder()))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat("你好", 5000), string(got))
}

func TestEncodable(t *testing.T) {
	for _, test := range []struct {
		cp   CodePage
		text string
		want bool
	}{
		{437, "naïve ├─┤", true}, {437, "it’s", false}, {437, "“”–…", false}, {1252, "it’s “fine” – ok…", true}, {GBK, "中文 €", true},
		{GBK, "😀", false}, {GB18030, "😀", true}, {UTF8CP, "😀", true}, {UTF16LE, "😀", true}, {UTF16LE, "\xff", false}, {GBK, "a\xff", false},
		{Auto, "a", false}, {7, "a", false}, {GBK, "", true}, {ShiftJIS, "ｱ日本", true}, {ShiftJIS, "한글", false},
	} {
		assert.Equal(t, test.want, test.cp.Encodable(test.text), "%v %q", test.cp, test.text)
	}
}

func TestCodePageString(t *testing.T) {
	assert.Equal(t, "936", GBK.String())
	assert.Equal(t, "auto", Auto.String())
}

func TestLocaleCodePage(t *testing.T) {
	for locale, want := range map[string]CodePage{
		"C": UTF8CP, "POSIX": UTF8CP, "C.UTF-8": UTF8CP, "zh_CN.UTF-8": UTF8CP, "zh_CN": UTF8CP,
		"zh_CN.GBK": GBK, "zh_CN.gb2312": GBK, "zh_CN.eucCN": GBK, "zh_CN.GB18030": GB18030, "zh_TW.Big5": Big5,
		"ja_JP.SJIS": ShiftJIS, "ja_JP.Shift_JIS": ShiftJIS, "ko_KR.eucKR": EUCKR, "ko_KR.CP949": EUCKR,
		"de_DE.ISO-8859-1": 28591, "de_DE.ISO8859-15@euro": 28605, "cs_CZ.ISO8859-2": 28592, "x.ISO8859-99": UTF8CP,
		"ru_RU.KOI8-R": 20866, "uk_UA.KOI8-U": 21866, "be_BY.CP1251": 1251, "en_US.CP437": 437, "en_US.IBM850": 850,
		"th_TH.TIS-620": 874, "x.CP": UTF8CP, "x.CP7": UTF8CP, "x.CP99999": UTF8CP, "x.klingon": UTF8CP,
	} {
		assert.Equal(t, want, localeCodePage(func(name string) string {
			return map[string]string{"LC_CTYPE": locale, "LANG": "ru_RU.KOI8-R"}[name]
		}), locale)
	}
	assert.EqualValues(t, 866, localeCodePage(func(name string) string {
		return map[string]string{"LC_ALL": "ru_RU.CP866", "LC_CTYPE": "ru_RU.KOI8-R", "LANG": "ru_RU.UTF-8"}[name]
	}))
	assert.EqualValues(t, 20866, localeCodePage(func(name string) string {
		return map[string]string{"LANG": "ru_RU.KOI8-R"}[name]
	}))
	assert.Equal(t, UTF8CP, localeCodePage(func(string) string { return "" }))
}

func TestSystemCodePages(t *testing.T) {
	if runtime.GOOS != "windows" {
		t.Setenv("LC_ALL", "zh_CN.GBK")
		for _, cp := range []CodePage{ANSI(), OEM(), Output(), ChildOf(nil)} {
			assert.Equal(t, GBK, cp)
		}
		assert.Equal(t, "中\n你好\n", decoded(t, "中\n"+gbkHello+"\n", Auto))
		t.Setenv("LC_ALL", "C.UTF-8")
		assert.Equal(t, UTF8CP, ChildOf(nil))
		assert.Equal(t, "中\n\uFFFD\uFFFD\uFFFD\uFFFD\n", decoded(t, "中\n"+gbkHello+"\n", Auto), "UTF-8 and nothing else")
		return
	}
	for _, cp := range []CodePage{ANSI(), OEM(), Output(), ChildOf(nil)} {
		_, err := cp.Encoding()
		assert.NoError(t, err, cp)
	}
	if ANSI() == GBK { // a Chinese Windows
		assert.Equal(t, GBK, OEM())
		assert.Equal(t, "中\n你好\n", decoded(t, "中\n"+gbkHello+"\n", Auto))
	}
}

func TestChildPage(t *testing.T) {
	assert.Equal(t, GBK, childPage(GBK, 437))
	assert.EqualValues(t, 850, childPage(UTF8CP, 850), "ping and net write the OEM code page on a console at 65001")
	assert.Equal(t, UTF8CP, childPage(UTF8CP, UTF8CP), "the beta's")
	if runtime.GOOS != "windows" {
		t.Setenv("LC_ALL", "C.UTF-8")
		cmd := exec.Command("x")
		assert.Equal(t, UTF8CP, ChildOf(cmd))
		cmd.Env = []string{"LC_ALL=ja_JP.SJIS", "LC_ALL=zh_TW.Big5"}
		assert.Equal(t, Big5, ChildOf(cmd), "the locale in its environment")
	}
}

func TestParseCodePage(t *testing.T) {
	for name, want := range map[string]CodePage{
		"gbk": GBK, "GB2312": GBK, "cp936": GBK, "936": GBK, "Chinese": GBK, "gb18030": GB18030, "UTF-8": UTF8CP, "utf8": UTF8CP,
		"cp65001": UTF8CP, "shift_jis": ShiftJIS, "Windows-31J": ShiftJIS, "MS932": ShiftJIS, "ks_c_5601-1987": EUCKR, "euc-kr": EUCKR,
		"big5": Big5, "windows-1252": 1252, "x-cp1251": 1251, "IBM437": 437, "ibm00858": 858, "DOS-720": 720, "windows-874": 874,
		"utf-16": UTF16LE, "unicodeFFFE": 1201, "koi8-r": 20866, "us-ascii": 20127, "latin1": 28591, "ISO-8859-15": 28605, "iso8859-2": 28592,
		"iso_8859-1:1987": 28591, "ANSI_X3.4-1968": 20127,
		"zh_HK.Big5-HKSCS": 951, "big5hkscs": 951, "ja_JP.eucJP": 20932, "EUC-JP": 20932, "51932": 51932, "ASMO-708": 708, "cp951": 951,
		"zh_CN.GB18030": GB18030, "zh_CN.gbk@pinyin": GBK, "de_DE.ISO8859-15@euro": 28605, "C.UTF-8": UTF8CP, "Chinese_China.936": GBK,
		"auto": Auto,
	} {
		got, err := ParseCodePage(name)
		require.NoError(t, err, name)
		assert.Equal(t, want, got, name)
	}
	for name, near := range map[string]string{
		"gbq": "gbk", "cp937": "cp936", "utf-9": "utf-8", "shift-jjs": "shift_jis", "": "utf-8", "zh_CN": "utf-8", "klingon": "zh_CN.GB18030", "99999": "", "iso-8859-99": "",
	} {
		_, err := ParseCodePage(name)
		require.ErrorIs(t, err, ErrCodePage, name)
		assert.ErrorIs(t, err, errors.ErrUnsupported, name)
		assert.ErrorContains(t, err, near)
	}
	for _, page := range pageNames {
		_, err := page.cp.Encoding()
		assert.NoError(t, err, page.cp)
		got, err := ParseCodePage(page.cp.String())
		require.NoError(t, err, page.cp)
		assert.Equal(t, page.cp, got)
	}
}

func TestFallback(t *testing.T) {
	for _, test := range []struct{ child, ansi, want CodePage }{
		{936, 936, 936},
		{437, 1252, 437},
		{UTF8CP, 936, UTF8CP}, // the machine's OEM code page
		{UTF8CP, UTF8CP, UTF8CP},
		{10000, 1252, 1252}, // a Macintosh's page, by chcp
		{10000, 1, UTF8CP},
	} {
		assert.Equal(t, test.want, fallback(test.child, test.ansi))
	}
}

func TestWriterCodePage(t *testing.T) {
	r, p, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	w := NewWriter(p, &WriterOptions{CodePage: GBK})
	for _, piece := range []string{"\xe4\xbd", "\xa0好", "\xe4"} {
		n, err := io.WriteString(w, piece)
		require.NoError(t, err)
		require.Equal(t, len(piece), n)
	}
	require.NoError(t, w.Flush())
	_, err = io.WriteString(w, "好")
	require.NoError(t, err)
	require.NoError(t, p.Close())
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, gbkHello+"?"+gbkHello[2:], string(got))

	_, err = io.WriteString(NewWriter(os.Stdout, &WriterOptions{CodePage: 7}), "x")
	assert.ErrorIs(t, err, ErrCodePage)
	assert.True(t, errors.Is(err, errors.ErrUnsupported))

	var c fakeConsole
	onConsole := onFake(t, &c)
	onConsole.out, onConsole.flush = newEncoder(onConsole.file, GBK), func() error { return errTest }
	_, err = io.WriteString(onConsole, "中")
	require.NoError(t, err)
	require.NoError(t, onConsole.Flush())
	assert.Equal(t, "中", c.text(), "a console needs no code page")
}
