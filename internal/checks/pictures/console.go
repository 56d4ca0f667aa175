package main

import (
	"bytes"
	"io"
	"strings"

	"github.com/surefoot-go/surefoot/consolex"
)

const (
	// fromChild is what a child writes on the console, as UTF-8.
	fromChild = "\x1b[32m✓\x1b[0m 订单服务已启动  http://localhost:8082\n" +
		"┌────────┬──────┐\n" +
		"│ 用户   │ 订单 │\n" +
		"│ 李小龙 │   12 │\n" +
		"│ José   │    3 │\n" +
		"└────────┴──────┘\n"

	// fromPing is what a Chinese Windows's ping writes into a pipe, there in GBK.
	fromPing = "正在 Ping 127.0.0.1 具有 32 字节的数据:\n" +
		"来自 127.0.0.1 的回复: 字节=32 时间<1ms TTL=128\n"
)

// consoles are consoles without and with consolex. Nothing is painted by hand: the garbage is what
// code pages make of the same bytes.
func consoles() (screens, error) {
	at936, err := shownAt(consolex.GBK)
	if err != nil {
		return nil, err
	}
	at437, err := shownAt(437)
	if err != nil {
		return nil, err
	}
	var gbk bytes.Buffer
	encoder := consolex.NewEncoder(&gbk, consolex.GBK)
	if _, err := io.WriteString(encoder, fromPing); err != nil {
		return nil, err
	}
	if err := encoder.Close(); err != nil {
		return nil, err
	}
	asUTF8 := string([]rune(gbk.String())) // U+FFFD for each byte that is none, as a console shows it
	decoded, err := io.ReadAll(consolex.NewDecoder(&gbk, consolex.GBK))
	if err != nil {
		return nil, err
	}

	session := func(at936, at437 string) string {
		const run = "C:\\orders> orders.exe\n"
		return "C:\\orders> chcp\nActive code page: 936\n\n" + run + at936 +
			"\nC:\\orders> chcp 437\nActive code page: 437\n\n" + run + at437
	}
	return screens{
		{Title: "A child that writes UTF-8, without consolex", Class: "troubled", Text: session(at936, at437)},
		{Title: "The same child, after consolex.UTF8()", Class: "cured", Text: session(fromChild, fromChild)},
		{Title: "A child that writes GBK, by cmd.CombinedOutput()", Class: "troubled", Text: asUTF8},
		{Title: "The same child, by consolex.CombinedOutput(cmd)", Class: "cured", Text: string(decoded)},
	}, nil
}

// shownAt is what a console at a code page makes of fromChild. Without consolex it does not obey
// escape sequences either: its glyph for ESC is an arrow.
func shownAt(cp consolex.CodePage) (string, error) {
	encoding, err := cp.Encoding()
	if err != nil {
		return "", err
	}
	shown, err := encoding.NewDecoder().String(fromChild)
	return strings.ReplaceAll(shown, "\x1b", "←"), err
}
