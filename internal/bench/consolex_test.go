package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mattn/go-colorable"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/codepage"
)

// Texts of 32 KiB, the block of io.Copy, in UTF-8.
var (
	asciiText   = fill("2026-01-02T15:04:05.123Z INFO request served method=GET path=/api/v1/items status=200 took=12ms\n")
	mixedText   = fill("2026-01-02T15:04:05.123Z INFO 请求处理完成 method=GET path=/api/v1/items 状态=200 用时=12ms\n")
	chineseText = hanzi()
	colourText  = fill("\x1b[32mINFO\x1b[0m request served \x1b[36mmethod=\x1b[0mGET \x1b[36mstatus=\x1b[0m200 \x1b[1;31mslow\x1b[0m\n")
)

func fill(line string) []byte {
	return []byte(strings.Repeat(line, 32<<10/len(line)))
}

// hanzi is text of the 3,755 frequent characters, as evenly as no text has them: it
// is unkind to caches.
func hanzi() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	var code []byte
	for len(code) < 20<<10 {
		for range 20 + random.IntN(30) {
			code = append(code, byte(0xB0+random.IntN(0x27)), byte(0xA1+random.IntN(94)))
		}
		code = append(code, '\n')
	}
	text, err := simplifiedchinese.GBK.NewDecoder().Bytes(code)
	if err != nil {
		panic(err)
	}
	return text
}

func gbk(text []byte) []byte {
	out, err := simplifiedchinese.GBK.NewEncoder().Bytes(text)
	if err != nil {
		panic(err)
	}
	return out
}

var nullFile = func() *os.File {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	return f
}()

// A contest is the same work done by us and by a peer.
type contest struct {
	name       string
	src        []byte
	ours, peer func()
	want       float64 // how many times faster we are to be
}

func writeAll(w io.Writer, src []byte) func() {
	return func() { w.Write(src) }
}

func writeLines(w io.Writer, src []byte) func() {
	lines := bytes.SplitAfter(src, []byte("\n"))
	return func() {
		for _, line := range lines {
			w.Write(line)
		}
	}
}

func consoleContests() (all []contest) {
	decoder := func() io.Writer { return consolex.NewDecodeWriter(io.Discard, consolex.GBK) }
	peerDecoder := func() io.Writer {
		return transform.NewWriter(io.Discard, simplifiedchinese.GBK.NewDecoder())
	}
	encoder := func() io.Writer { return consolex.NewEncoder(io.Discard, consolex.GBK) }
	peerEncoder := func() io.Writer {
		return transform.NewWriter(io.Discard, simplifiedchinese.GBK.NewEncoder())
	}
	auto := func() io.Writer { return consolex.NewDecodeWriter(io.Discard, consolex.GBK.OrUTF8()) }
	add := func(name string, src []byte, ours, peer func(), want float64) {
		all = append(all, contest{name, src, ours, peer, want})
	}
	add("decode/ascii", asciiText, writeAll(decoder(), asciiText), writeAll(peerDecoder(), asciiText), 40)
	add("decode/ascii per line", asciiText, writeLines(decoder(), asciiText), writeLines(peerDecoder(), asciiText), 10)
	mixed, chinese := gbk(mixedText), gbk(chineseText)
	add("decode/mixed", mixed, writeAll(decoder(), mixed), writeAll(peerDecoder(), mixed), 2.5)
	add("decode/mixed per line", mixed, writeLines(decoder(), mixed), writeLines(peerDecoder(), mixed), 0)
	add("decode/chinese", chinese, writeAll(decoder(), chinese), writeAll(peerDecoder(), chinese), 3)
	add("encode/ascii", asciiText, writeAll(encoder(), asciiText), writeAll(peerEncoder(), asciiText), 15)
	add("encode/mixed", mixedText, writeAll(encoder(), mixedText), writeAll(peerEncoder(), mixedText), 1.5)
	add("encode/chinese", chineseText, writeAll(encoder(), chineseText), writeAll(peerEncoder(), chineseText), 2.5)
	for name, text := range map[string][]byte{"ascii": asciiText, "mixed": mixedText, "chinese": chineseText} {
		want := map[string]float64{"ascii": 6, "mixed": 0, "chinese": 3.5}[name]
		add("utf16/"+name, text, func() { ourUTF16(text) }, func() { goUTF16(text) }, want)
		add("auto on utf8/"+name, text, writeAll(auto(), text), func() { utf8.Valid(text) }, 0.9)
	}
	// Each goes to a file, as coloured logs do: the number of writes counts.
	for _, sink := range []struct {
		name string
		w    io.Writer
	}{{"discard", io.Discard}, {"file", nullFile}} {
		add("strip colours/"+sink.name, colourText, writeLines(consolex.Strip(sink.w), colourText), writeLines(colorable.NewNonColorable(sink.w), colourText), 1.5)
	}
	slices.SortStableFunc(all, func(a, b contest) int { return cmp.Compare(a.name, b.name) })
	return all
}

var units [8 << 10]uint16

// ourUTF16 is a Writer's conversion for a console, line by line.
func ourUTF16(src []byte) {
	for line := range bytes.Lines(src) {
		for len(line) > 0 {
			_, n := codepage.ToUTF16(units[:], line)
			line = line[n:]
		}
	}
}

// goUTF16 is what the os package does for a console, line by line: runes first,
// then UTF-16, in new slices each time.
func goUTF16(src []byte) (sum int) {
	for line := range bytes.Lines(src) {
		runes := make([]rune, 0, 256)
		for len(line) >= utf8.UTFMax || utf8.FullRune(line) {
			r, size := utf8.DecodeRune(line)
			runes = append(runes, r)
			line = line[size:]
		}
		for len(runes) > 0 {
			most := min(len(runes), 16000)
			sum += len(utf16.Encode(runes[:most]))
			runes = runes[most:]
		}
	}
	return sum
}

func BenchmarkConsolex(b *testing.B) {
	for _, c := range consoleContests() {
		for _, who := range []struct {
			name string
			work func()
		}{{"surefoot", c.ours}, {"peer", c.peer}} {
			b.Run(c.name+"/"+who.name, func(b *testing.B) {
				b.SetBytes(int64(len(c.src)))
				b.ReportAllocs()
				for b.Loop() {
					who.work()
				}
			})
		}
	}
}

// TestConsolexRatios prints each contest's ratio, measured in paired rounds. It
// asserts nothing: a machine may be busy.
func TestConsolexRatios(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	for _, c := range consoleContests() {
		ours, peer, ratio := paired(c)
		mark := ""
		if c.want > 0 {
			mark = fmt.Sprintf("(at least %.1f)", c.want)
		}
		t.Logf("%-24s %8.0f MB/s against %6.0f: %6.2f times %s", c.name, ours, peer, ratio, mark)
	}
}

// paired measures both in turn, in short rounds, and returns their best rates and
// the median of the rounds' ratios: what disturbs one disturbs the other.
func paired(c contest) (ours, peer, ratio float64) {
	rate := func(work func()) float64 {
		n := 0
		start := time.Now()
		for time.Since(start) < time.Millisecond {
			work()
			n++
		}
		return float64(n*len(c.src)) / time.Since(start).Seconds() / 1e6
	}
	rate(c.ours)
	rate(c.peer)
	ratios := make([]float64, 101)
	for i := range ratios {
		a, b := rate(c.ours), rate(c.peer)
		ours, peer = max(ours, a), max(peer, b)
		ratios[i] = a / b
	}
	slices.Sort(ratios)
	return ours, peer, ratios[len(ratios)/2]
}

// TestConsolexFirstUse prints what a code page's first use costs, and what memory.
func TestConsolexFirstUse(t *testing.T) {
	if os.Getenv("CONSOLEX_FIRST_USE") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestConsolexFirstUse$", "-test.v")
		cmd.Env = append(os.Environ(), "CONSOLEX_FIRST_USE=1")
		out, err := consolex.CombinedOutput(cmd) // a process that has used none
		t.Log(out, err)
		return
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc >> 10
	}
	before := heap()
	for _, cp := range []consolex.CodePage{consolex.GBK, consolex.Big5, consolex.ShiftJIS, consolex.EUCKR, consolex.GB18030, 1252} {
		start := time.Now()
		enc, err := cp.Encoding()
		if err != nil {
			t.Fatal(err)
		}
		enc.NewDecoder().Bytes([]byte("\xb0\xa1"))
		decoding := time.Since(start)
		start = time.Now()
		enc.NewEncoder().String("é")
		encoding := time.Since(start)
		after := heap()
		t.Logf("%v: decoding %v, encoding %v, %d KiB (at most 5ms)", cp, decoding.Round(time.Microsecond), encoding.Round(time.Microsecond), after-before)
		before = after
	}
}
