package consolex_test

import (
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/exec"

	"github.com/surefoot-go/surefoot/consolex"
)

func ExampleUTF8() {
	restore, err := consolex.UTF8()
	if err != nil {
		log.Fatal(err)
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
	fmt.Fprintln(consolex.Stdout(), "中文, at any code page") // in a service it goes nowhere, without an error
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
	// On a console the console, in a service the file.
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
		return // a double click: nobody reads along
	}
	fmt.Println("usage: tool [-v]") // in the terminal that tool.exe, built with -H windowsgui, was called from
}
