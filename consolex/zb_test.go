package consolex

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	xunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

func ratio(name string, n int, ours, theirs func()) {
	best := [2]time.Duration{1 << 62, 1 << 62}
	for range 40 {
		for i, f := range []func(){ours, theirs} {
			f()
			start := time.Now()
			for range 8 {
				f()
			}
			best[i] = min(best[i], time.Since(start)/8)
		}
	}
	fmt.Printf("%-30s ours %7.0f MB/s  theirs %7.0f MB/s  ratio %.2f\n", name, float64(n)/1e6/best[0].Seconds(), float64(n)/1e6/best[1].Seconds(), float64(best[1])/float64(best[0]))
}

func TestRatios(t *testing.T) {
	rep := func(l string) []byte { return []byte(strings.Repeat(l, 32<<10/len(l))) }
	ascii := rep("2026-01-02T15:04:05.123Z INFO request served method=GET path=/api/v1/items status=200 took=12ms\n")
	mixed := rep("2026-01-02T15:04:05.123Z INFO 请求处理完成 method=GET path=/api/v1/items 状态=200 用时=12ms\n")
	random := rand.New(rand.NewPCG(1, 2))
	var code []byte
	for len(code) < 20<<10 {
		for range 20 + random.IntN(30) {
			code = append(code, byte(0xB0+random.IntN(0x27)), byte(0xA1+random.IntN(94)))
		}
		code = append(code, '\n')
	}
	chinese, _ := simplifiedchinese.GBK.NewDecoder().Bytes(code)
	gbk := func(b []byte) []byte { c, _ := simplifiedchinese.GBK.NewEncoder().Bytes(b); return c }
	w := func(w io.Writer, b []byte) func() { return func() { w.Write(b) } }
	cp := make([]byte, 64<<10)
	d := func() io.Writer { return NewDecodeWriter(io.Discard, GBK) }
	xd := func() io.Writer { return transform.NewWriter(io.Discard, simplifiedchinese.GBK.NewDecoder()) }
	e := func() io.Writer { return NewEncoder(io.Discard, GBK) }
	xe := func() io.Writer { return transform.NewWriter(io.Discard, simplifiedchinese.GBK.NewEncoder()) }
	ratio("decode ASCII / memcpy", len(ascii), w(d(), ascii), func() { copy(cp, ascii) })
	var sink bytes.Buffer
	ratio("decode ASCII to buffer/memcpy", len(ascii), func() { sink.Reset(); NewDecodeWriter(&sink, GBK).Write(ascii) }, func() { copy(cp, ascii) })
	ratio("decode mixed", len(gbk(mixed)), w(d(), gbk(mixed)), w(xd(), gbk(mixed)))
	ratio("decode Chinese", len(gbk(chinese)), w(d(), gbk(chinese)), w(xd(), gbk(chinese)))
	ratio("encode ASCII", len(ascii), w(e(), ascii), w(xe(), ascii))
	ratio("encode mixed", len(mixed), w(e(), mixed), w(xe(), mixed))
	ratio("encode Chinese", len(chinese), w(e(), chinese), w(xe(), chinese))
	u16 := xunicode.UTF16(xunicode.LittleEndian, xunicode.IgnoreBOM)
	le := func(b []byte) []byte { c, _ := u16.NewEncoder().Bytes(b); return c }
	for n, b := range map[string][]byte{"ASCII": ascii, "Chinese": chinese, "mixed": mixed} {
		ratio("UTF-16 decode "+n, len(le(b)), w(NewDecodeWriter(io.Discard, UTF16LE), le(b)), w(transform.NewWriter(io.Discard, u16.NewDecoder()), le(b)))
		ratio("UTF-16 encode "+n, len(b), w(NewEncoder(io.Discard, UTF16LE), b), w(transform.NewWriter(io.Discard, u16.NewEncoder()), b))
		auto := Detect{CodePage: GBK}.NewDecodeWriter(io.Discard)
		ratio("Auto UTF-8 "+n+"/utf8.Valid", len(b), w(auto, b), func() { utf8.Valid(b) })
		auto = Detect{CodePage: GBK}.NewDecodeWriter(io.Discard)
		ratio("Auto GBK "+n+"/decode GBK", len(gbk(b)), w(auto, gbk(b)), w(d(), gbk(b)))
	}
	latin := rep("Le fichier n'a pas été trouvé, réessayez à nouveau; la requête a échoué\n")
	ratio("Auto UTF-8 Latin/utf8.Valid", len(latin), w(Detect{CodePage: GBK}.NewDecodeWriter(io.Discard), latin), func() { utf8.Valid(latin) })
	ratio("Auto UTF-8 Latin 1252/utf8.Valid", len(latin), w(Detect{CodePage: 1252}.NewDecodeWriter(io.Discard), latin), func() { utf8.Valid(latin) })
}
