package consolex_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/exec"
	"strings"

	"github.com/surefoot-go/surefoot/consolex"
)

func ExampleUTF8() {
	restore, err := consolex.UTF8()
	if err != nil {
		log.Print(err) // a legacy console: the program continues, and restore does nothing
	}
	defer restore()
	fmt.Println("C code and children may write UTF-8 now: 中文")
	// Output: C code and children may write UTF-8 now: 中文
}

func ExampleWith() {
	cmd := exec.Command("python", "-X", "utf8", "-c", "print('你好')")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := consolex.With(cmd.Run); err != nil {
		log.Print(err)
	}
}

func ExampleStdout() {
	fmt.Fprintln(consolex.Stdout(), "中文, at any code page") // discarded in a service, without an error
	// Output: 中文, at any code page
}

func ExampleStderr() {
	slog.SetDefault(slog.New(slog.NewTextHandler(consolex.Stderr(), nil)))
	slog.Info("服务已启动")
}

func ExampleNewWriter() {
	file, err := os.CreateTemp("", "service-*.log")
	if err != nil {
		log.Fatal(err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	// Writes to the console if there is one, and to the file in a service.
	w := consolex.NewWriter(os.Stdout, &consolex.WriterOptions{Fallback: file})
	defer w.Flush()
	fmt.Fprintln(w, "服务已启动")
	// Output: 服务已启动
}

func ExampleKindOf() {
	null, err := os.Open(os.DevNull)
	if err != nil {
		log.Fatal(err)
	}
	defer null.Close()
	fmt.Println(consolex.KindOf(null), consolex.KindOf(nil))
	fmt.Println("colour:", consolex.KindOf(null).Terminal())
	// Output:
	// null none
	// colour: false
}

func ExampleAttachParent() {
	if err := consolex.AttachParent(); err != nil {
		return // a double click: no one would see the output
	}
	fmt.Println("usage: tool [-v]") // in the terminal that tool.exe, built with -H windowsgui, was called from
}

func ExampleStdin() {
	lines := bufio.NewScanner(consolex.Stdin())
	for lines.Scan() {
		fmt.Println(lines.Text()) // UTF-8 from any console; Ctrl+C does not end it
	}
}

func ExampleNewDecoder() {
	file := strings.NewReader("\xb7\xfe\xce\xf1\xd2\xd1\xc6\xf4\xb6\xaf\n") // in GBK
	text, err := io.ReadAll(consolex.NewDecoder(file, consolex.GBK))
	fmt.Print(string(text), err)
	// Output:
	// 服务已启动
	// <nil>
}

func ExampleNewDecodeWriter() {
	cmd := exec.Command("ipconfig")
	out := consolex.NewDecodeWriter(consolex.Stdout(), consolex.Auto)
	cmd.Stdout, cmd.Stderr = out, out
	if err := errors.Join(cmd.Run(), out.Close()); err != nil {
		log.Print(err)
	}
}

func ExampleNewEncoder() {
	var report strings.Builder
	w := consolex.NewEncoder(&report, consolex.GBK)
	fmt.Fprint(w, "中文 ✓")
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%q", report.String())
	// Output: "\xd6\xd0\xce\xc4 ?"
}

func ExampleCombinedOutput() {
	out, err := consolex.CombinedOutput(exec.Command("go", "env", "GOARCH"))
	if err != nil {
		log.Fatal(err, "\n", out)
	}
	fmt.Println(strings.TrimSpace(out))
}

func ExampleStream() {
	if err := consolex.Stream(exec.Command("ping", "localhost"), consolex.Stdout()); err != nil {
		log.Print(err)
	}
}

func ExampleCodePage_Encoding() {
	enc, err := consolex.Big5.Encoding()
	if err != nil {
		log.Fatal(err)
	}
	text, err := enc.NewDecoder().String("\xa4\xa4\xa4\xe5")
	fmt.Println(text, err)
	_, err = consolex.CodePage(37).Encoding()
	fmt.Println(errors.Is(err, consolex.ErrCodePage), err)
	// Output:
	// 中文 <nil>
	// true consolex: unsupported code page 37: no table has this number
}

func ExampleDetect_NewDecoder() {
	// A log of a Chinese Windows on which some programs write UTF-8.
	log := strings.NewReader("2026-11-30 启动失败: \xd5\xd2\xb2\xbb\xb5\xbd\xce\xc4\xbc\xfe\n")
	text, err := io.ReadAll(consolex.Detect{CodePage: consolex.GBK}.NewDecoder(log))
	fmt.Print(string(text), err)
	// Output:
	// 2026-11-30 启动失败: 找不到文件
	// <nil>
}

func ExampleDetect_NewDecodeWriter() {
	w := consolex.Detect{CodePage: consolex.GBK}.NewDecodeWriter(os.Stdout)
	fmt.Fprint(w, "\xb7\xfe\xce\xf1 started\n") // GBK
	fmt.Fprint(w, "服务 started\n")               // UTF-8
	fmt.Fprint(w, "o\x00k\x00\n\x00")           // UTF-16
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 服务 started
	// 服务 started
	// ok
}

func ExampleDetect_CombinedOutput() {
	cmd := exec.Command("old-tool") // writes the ANSI code page on any console
	out, err := consolex.Detect{CodePage: consolex.ANSI()}.CombinedOutput(cmd)
	if err != nil {
		log.Print(err)
	}
	fmt.Print(out)
}

func ExampleDetect_Stream() {
	cmd := exec.Command("legacy-report")
	if err := (consolex.Detect{CodePage: consolex.Big5}).Stream(cmd, consolex.Stdout()); err != nil {
		log.Print(err)
	}
}

func ExampleParseCodePage() {
	for _, name := range []string{"gbk", "cp936", "windows-1252", "ja_JP.SJIS", "gbq"} {
		cp, err := consolex.ParseCodePage(name)
		fmt.Println(cp, err)
	}
	// Output:
	// 936 <nil>
	// 936 <nil>
	// 1252 <nil>
	// 932 <nil>
	// auto consolex: unsupported code page "gbq"; did you mean gbk?
}

func ExampleChildOf() {
	fmt.Println("children write", consolex.ChildOf(nil), "here; old programs", consolex.ANSI(), "and new consoles", consolex.OEM())
}

func ExampleCodePage_Encodable() {
	name := "报告–final.txt"
	for _, cp := range []consolex.CodePage{consolex.GBK, 437} {
		fmt.Println(cp, cp.Encodable(name))
	}
	// Output:
	// 936 true
	// 437 false
}

func ExampleEscapes() {
	restore, err := consolex.UTF8() // then a Windows console processes them
	if err != nil {
		log.Fatal(err)
	}
	defer restore()
	if consolex.Escapes(os.Stderr) {
		fmt.Fprint(os.Stderr, "\x1b[32mready\x1b[0m\n")
	}
}

func ExampleStrip() {
	fmt.Fprint(consolex.Strip(os.Stdout), "\x1b[32mINFO\x1b[0m ready")
	// Output: INFO ready
}

func ExampleOutput() {
	if cp := consolex.Output(); cp != consolex.UTF8CP {
		fmt.Fprintf(os.Stderr, "this console is at code page %v: C code that writes UTF-8 can't be read before consolex.UTF8\n", cp)
	}
}
