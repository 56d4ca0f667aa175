package bench

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mattn/go-colorable"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/internal/bench/linewise"
	"github.com/surefoot-go/surefoot/internal/codepage"
)

// Texts of 32 KiB, the block of io.Copy, in UTF-8.
var (
	asciiText   = repeat("2026-01-02T15:04:05.123Z INFO request served method=GET path=/api/v1/items status=200 took=12ms\n", 32<<10)
	mixedText   = repeat("2026-01-02T15:04:05.123Z INFO 请求处理完成 method=GET path=/api/v1/items 状态=200 用时=12ms\n", 32<<10)
	chineseText = hanzi()
	frenchText  = repeat("Le service « sauvegarde » a été arrêté : l'accès au répertoire /var/lib/données est refusé à cet élève.\n"+
		"Vérifiez que le périphérique est prêt, puis réessayez ; où qu'il soit, le fichier sera créé dès le démarrage.\n", 32<<10)
	colourText = repeat("\x1b[32mINFO\x1b[0m request served \x1b[36mmethod=\x1b[0mGET \x1b[36mstatus=\x1b[0m200 \x1b[1;31mslow\x1b[0m\n", 32<<10)
)

func repeat(line string, size int) []byte {
	return []byte(strings.Repeat(line, max(1, size/len(line))))
}

// hanzi is text of the 3,755 frequent characters, as evenly as no text has them: it is unkind to
// caches.
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
	code, err := simplifiedchinese.GBK.NewEncoder().Bytes(text)
	if err != nil {
		panic(err)
	}
	return code
}

// A converter makes a writer that converts what goes to w.
type converter func(w io.Writer) io.Writer

func ourDecoder(w io.Writer) io.Writer { return consolex.NewDecodeWriter(w, consolex.GBK) }
func ourEncoder(w io.Writer) io.Writer { return consolex.NewEncoder(w, consolex.GBK) }
func ourAuto(w io.Writer) io.Writer {
	return consolex.Detect{CodePage: consolex.GBK}.NewDecodeWriter(w)
}
func textDecoder(w io.Writer) io.Writer {
	return transform.NewWriter(w, simplifiedchinese.GBK.NewDecoder())
}
func textEncoder(w io.Writer) io.Writer {
	return transform.NewWriter(w, simplifiedchinese.GBK.NewEncoder())
}

var utf16LE = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)

func littleEndian(text []byte) []byte {
	code, err := utf16LE.NewEncoder().Bytes(text)
	if err != nil {
		panic(err)
	}
	return code
}

func ourUTF16Decoder(w io.Writer) io.Writer { return consolex.NewDecodeWriter(w, consolex.UTF16LE) }
func ourUTF16Encoder(w io.Writer) io.Writer { return consolex.NewEncoder(w, consolex.UTF16LE) }
func textUTF16Decoder(w io.Writer) io.Writer {
	return transform.NewWriter(w, utf16LE.NewDecoder())
}
func textUTF16Encoder(w io.Writer) io.Writer {
	return transform.NewWriter(w, utf16LE.NewEncoder())
}

// A copier copies what it is given before it writes it.
type copier struct {
	w   io.Writer
	buf []byte
}

func (c *copier) Write(p []byte) (int, error) {
	c.buf = append(c.buf[:0], p...)
	return c.w.Write(c.buf)
}

// whole and lines are how src is written.
func whole(src []byte) [][]byte { return [][]byte{src} }
func lines(src []byte) [][]byte { return bytes.SplitAfter(src, []byte("\n")) }

func consolexContests() (all []*contest.Contest) {
	pair := func(name string, src []byte, how func([]byte) [][]byte, ours, peer converter, peerName string, asked float64) {
		all = append(all, &contest.Contest{
			Name: "consolex/" + name, Bytes: float64(len(src)),
			Rows: rowsOf("consolex", contest.Row{Peer: peerName, Asked: asked}),
			Open: func(contest.Env) ([]contest.Side, error) {
				return conversions(how(src), io.Discard, side{"consolex", ours}, side{peerName, peer})
			},
		})
	}
	const text = "x/text"
	mixed, chinese := gbk(mixedText), gbk(chineseText)
	pair("decode ASCII", asciiText, whole, ourDecoder, textDecoder, text, 40)
	pair("decode ASCII, per line", asciiText, lines, ourDecoder, textDecoder, text, 10)
	pair("decode mixed", mixed, whole, ourDecoder, textDecoder, text, 4)
	pair("decode mixed, per line", mixed, lines, ourDecoder, textDecoder, text, 0)
	pair("decode Chinese", chinese, whole, ourDecoder, textDecoder, text, 6)
	pair("encode ASCII", asciiText, whole, ourEncoder, textEncoder, text, 15)
	pair("encode mixed", mixedText, whole, ourEncoder, textEncoder, text, 2)
	pair("encode Chinese", chineseText, whole, ourEncoder, textEncoder, text, 4.5)
	memcpy := func(w io.Writer) io.Writer { return &copier{w: w} }
	pair("decode ASCII, to memory", asciiText, whole, ourDecoder, memcpy, "memcpy", 0.85)
	for _, t := range []struct {
		name string
		text []byte
	}{{"ASCII", asciiText}, {"Chinese", chineseText}} {
		pair("decode UTF-16LE, "+t.name, littleEndian(t.text), whole, ourUTF16Decoder, textUTF16Decoder, text, 3)
		pair("encode UTF-16LE, "+t.name, t.text, whole, ourUTF16Encoder, textUTF16Encoder, text, 3)
	}
	for _, t := range []struct {
		name  string
		text  []byte
		utf16 float64 // asked
	}{{"ASCII", asciiText, 6}, {"mixed", mixedText, 0}, {"Chinese", chineseText, 3.5}} {
		all = append(all, &contest.Contest{
			Name: "consolex/UTF-16 of " + t.name, Bytes: float64(len(t.text)),
			Rows: rowsOf("consolex", contest.Row{Peer: "Go's os.File", Asked: t.utf16},
				contest.Row{What: "allocations", Metric: contest.Allocs}),
			Open: func(contest.Env) ([]contest.Side, error) { return utf16Sides(t.text) },
		})
	}
	for _, t := range []struct {
		name  string
		text  []byte
		valid float64 // asked, beside utf8.Valid
	}{
		{"ASCII", asciiText, 0.9}, {"mixed UTF-8", mixedText, 0.9}, {"Chinese UTF-8", chineseText, 0.9}, {"French UTF-8", frenchText, 0},
		{"mixed GBK", mixed, 0}, {"Chinese GBK", chinese, 0},
	} {
		rows := []contest.Row{{Peer: lineByLine, Asked: 0.9}}
		if utf8.Valid(t.text) {
			rows = append(rows, contest.Row{Peer: utf8Valid, Asked: t.valid})
		}
		all = append(all, &contest.Contest{
			Name: "consolex/Auto on " + t.name, Bytes: float64(len(t.text)), Rows: rowsOf("consolex", rows...),
			Open: func(contest.Env) ([]contest.Side, error) { return autoSides(t.text) },
		})
	}
	// To a file, as coloured logs go, the number of writes counts.
	for _, to := range []string{"discard", os.DevNull} {
		all = append(all, &contest.Contest{
			Name: "consolex/strip colours, to " + to, Bytes: float64(len(colourText)),
			Rows: rowsOf("consolex", contest.Row{Peer: "go-colorable", Asked: 1.5}),
			Open: func(env contest.Env) ([]contest.Side, error) {
				sink := io.Discard
				if to == os.DevNull {
					null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
					if err != nil {
						return nil, err
					}
					env.Cleanup(func() { null.Close() })
					sink = null
				}
				return conversions(lines(colourText), sink, side{"consolex", func(w io.Writer) io.Writer { return consolex.Strip(w) }},
					side{"go-colorable", colorable.NewNonColorable})
			},
		})
	}
	for size := 16; size <= 1<<20; size *= 4 {
		all = append(all, &contest.Contest{
			Name: "consolex/length", Curve: "consolex-length", X: float64(size), Bytes: float64(size),
			Open: func(contest.Env) ([]contest.Side, error) { return lengthSides(size) },
		})
	}
	first := &contest.Contest{Name: "consolex/first use", Own: consolexFirstUse}
	for _, cp := range firstUsePages {
		first.Rows = append(first.Rows, contest.Row{What: "code page " + cp.String(), Ours: cp.String(), Asked: 5e6})
	}
	return append(all, first)
}

type side struct {
	name string
	converter
}

// conversions writes the pieces to each side's writer in front of sink. All sides must make the
// same of them.
func conversions(pieces [][]byte, sink io.Writer, all ...side) (sides []contest.Side, err error) {
	var first []byte
	for i, s := range all {
		var out bytes.Buffer
		if err := writeAll(s.converter(&out), pieces); err != nil {
			return nil, err
		}
		if i == 0 {
			first = out.Bytes()
		} else if !bytes.Equal(out.Bytes(), first) {
			return nil, fmt.Errorf("%s and %s differ", all[0].name, s.name)
		}
		w := s.converter(sink)
		sides = append(sides, contest.Side{Name: s.name, Do: contest.Each(func() error { return writeAll(w, pieces) })})
	}
	return sides, nil
}

func writeAll(w io.Writer, pieces [][]byte) error {
	for _, piece := range pieces {
		if _, err := w.Write(piece); err != nil {
			return err
		}
	}
	return nil
}

// lengthSides decode size bytes in one Write.
func lengthSides(size int) ([]contest.Side, error) {
	var all []contest.Side
	for _, t := range []struct {
		name string
		code []byte
	}{{"ASCII", asciiText}, {"mixed", gbk(mixedText)}} {
		code := bytes.Repeat(t.code, 1+size/len(t.code))[:size]
		if bytes.IndexByte(code[max(0, size-1):], '\n') < 0 && code[size-1] >= 0x80 {
			code[size-1], code[size-2] = '\n', '.' // not half a character
		}
		sides, err := conversions(whole(code), io.Discard, side{"consolex, " + t.name, ourDecoder}, side{"x/text, " + t.name, textDecoder})
		if err != nil {
			return nil, err
		}
		all = append(all, sides...)
	}
	return all, nil
}

// The peers of Auto: the rule that it had before, and what it can't be faster than where all is
// UTF-8.
const (
	lineByLine = "line by line"
	utf8Valid  = "utf8.Valid"
)

func autoSides(text []byte) ([]contest.Side, error) {
	page, err := consolex.GBK.Encoding()
	if err != nil {
		return nil, err
	}
	sides, err := conversions(whole(text), io.Discard, side{"consolex", ourAuto},
		side{lineByLine, func(w io.Writer) io.Writer { return linewise.NewDecodeWriter(w, page) }})
	if err != nil || !utf8.Valid(text) {
		return sides, err
	}
	return append(sides, contest.Side{Name: utf8Valid, Do: contest.Each(func() error {
		if !utf8.Valid(text) {
			return fmt.Errorf("not valid")
		}
		return nil
	})}), nil
}

// utf16Sides convert for a console, line by line.
func utf16Sides(text []byte) ([]contest.Side, error) {
	var ours, peer []uint16
	ourUTF16(text, func(units []uint16) { ours = append(ours, units...) })
	goUTF16(text, func(units []uint16) { peer = append(peer, units...) })
	if !slices.Equal(ours, peer) {
		return nil, fmt.Errorf("different UTF-16")
	}
	sum := 0
	count := func(units []uint16) { sum += len(units) }
	return []contest.Side{
		{Name: "consolex", Do: contest.Each(func() error { ourUTF16(text, count); return nil })},
		{Name: "Go's os.File", Do: contest.Each(func() error { goUTF16(text, count); return nil })},
	}, nil
}

var units [8 << 10]uint16

// ourUTF16 is a Writer's conversion.
func ourUTF16(src []byte, write func([]uint16)) {
	for line := range bytes.Lines(src) {
		for len(line) > 0 {
			made, n := codepage.ToUTF16(units[:], line)
			write(units[:made])
			line = line[n:]
		}
	}
}

// goUTF16 is what the os package does: runes first, then UTF-16, in new slices each time.
func goUTF16(src []byte, write func([]uint16)) {
	for line := range bytes.Lines(src) {
		runes := make([]rune, 0, 256)
		for len(line) >= utf8.UTFMax || utf8.FullRune(line) {
			r, size := utf8.DecodeRune(line)
			runes = append(runes, r)
			line = line[size:]
		}
		for len(runes) > 0 {
			most := min(len(runes), 16000)
			write(utf16.Encode(runes[:most]))
			runes = runes[most:]
		}
	}
}

var firstUsePages = []consolex.CodePage{consolex.GBK, consolex.Big5, consolex.ShiftJIS, consolex.EUCKR, consolex.GB18030, 1252}

// consolexFirstUse is what the first use of a code page costs in a process that has used none, both
// ways.
func consolexFirstUse(env contest.Env, o contest.Options) (contest.Samples, error) {
	samples := contest.Samples{}
	for range min(o.Rounds, 31) {
		cmd, err := helperCommand(env, "consolex-first-use")
		if err != nil {
			return nil, err
		}
		out, err := cmd.Output()
		if err != nil {
			return nil, err
		}
		in := bytes.NewReader(out)
		for _, cp := range firstUsePages {
			var ns float64
			if _, err := fmt.Fscan(in, &ns); err != nil {
				return nil, err
			}
			key := contest.Key{Side: cp.String()}
			samples[key] = append(samples[key], ns)
		}
	}
	return samples, nil
}

func consolexFirstUseMain() {
	for _, cp := range firstUsePages {
		start := time.Now()
		enc, err := cp.Encoding()
		if err == nil {
			_, err = enc.NewDecoder().Bytes([]byte("\xb0\xa1"))
		}
		if err == nil {
			_, err = enc.NewEncoder().String("é")
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, cp, err)
			os.Exit(1)
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}
