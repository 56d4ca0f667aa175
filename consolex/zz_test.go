package consolex

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	data, _ := os.ReadFile("/work/shared/field/consolex/lines.json")
	var bs []struct {
		Language, Tool, Text string
		CodePage             CodePage
	}
	if err := json.Unmarshal(data, &bs); err != nil {
		t.Fatal(err)
	}
	for _, b := range bs {
		enc, _ := b.CodePage.Encoding()
		code, _ := enc.NewEncoder().String(b.Text)
		want, _ := enc.NewDecoder().String(code)
		if got := decoded(t, code, b.CodePage.OrUTF8()); got != want {
			fmt.Println("BLOCK", b.Language, b.Tool)
			diff(got, want)
		}
		if got := decoded(t, b.Text, b.CodePage.OrUTF8()); got != b.Text {
			fmt.Println("UTF8 BLOCK", b.Language, b.Tool)
			diff(got, b.Text)
		}
		for _, l := range strings.Split(want, "\n") {
			c, _ := enc.NewEncoder().String(l)
			if got := decoded(t, c, b.CodePage.OrUTF8()); got != l {
				fmt.Printf("LINE %q got %q\n", l, got)
			}
			if got := decoded(t, l, b.CodePage.OrUTF8()); got != l {
				fmt.Printf("UTF8 LINE %q got %q\n", l, got)
			}
			w := "日本語\n"
			if b.CodePage == 850 || b.CodePage == 852 {
				w = "naïve ünïcödé\n"
			}
			if got := decoded(t, w+c, b.CodePage.OrUTF8()); got != w+l {
				fmt.Printf("AFTER UTF8 LINE %q got %q\n", l, got)
			}
			u := "2026-11-30 [错误] 启动失败："
			if got := decoded(t, u+c, b.CodePage.OrUTF8()); got != u+l {
				fmt.Printf("PREFIX LINE %q got %q\n", l, got)
			}
			u = "2026-11-30 [错误] 启动失败: "
			if got := decoded(t, u+c, b.CodePage.OrUTF8()); got != u+l {
				fmt.Printf("PREFIX2 LINE %q got %q\n", l, got)
			}
		}
	}
	data, _ = os.ReadFile("/work/shared/field/consolex/accidental-words.txt")
	enc, _ := GBK.Encoding()
	bad := map[string]int{}
	tot := 0
	check := func(kind, pre, post, w string) {
		c, _ := enc.NewEncoder().String(pre + w + post)
		if got := decoded(t, c, GBK.OrUTF8()); got != pre+w+post {
			bad[kind]++
			if bad[kind] < 25 {
				fmt.Printf("%s %q got %q\n", kind, w, got)
			}
		}
	}
	for l := range strings.Lines(string(data)) {
		w := strings.Split(l, "\t")[0]
		tot++
		check("alone", "", "", w)
		check("nl", "", "\n", w)
		check("label", "", ":      C:\\Windows\\system32 is a directory and so\n", w)
		check("stream", "你好\n", "\n", w)
		check("row", "InboundUserNotification               ", "\n", w)
	}
	fmt.Println(tot, bad)
}
func diff(a, b string) {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range y {
		if i < len(x) && x[i] != y[i] {
			fmt.Printf("  %q want %q\n", x[i], y[i])
		}
	}
}
