// Pictures draws the pictures of the READMEs beside its source, with an installed Chromium:
//
//	go run -C internal/checks ./pictures
//
// They show what the programs show: the status page itself, a report that the doctor's tests check,
// and bytes decoded by consolex. The fonts are DejaVu and Noto Sans CJK (Debian: fonts-dejavu-core,
// fonts-noto-cjk); with the same browser and fonts the files come out the same.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/internal/checks/browser"
)

// A picture is a web page as a browser shows it.
type picture struct {
	file  string
	page  http.Handler
	width int64 // of the window; it is as high as the page
	dark  bool
	ready string // JavaScript that is true once all is drawn
}

func main() {
	out := flag.String("out", "pictures", "write into `folder`")
	doctor := flag.String("doctor", "../../internal/doctor/testdata", "the `folder` of the doctor's reports")
	flag.Parse()
	if err := run(context.Background(), *out, *doctor); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out, doctor string) error {
	consoles, err := consoles()
	if err != nil {
		return err
	}
	const threeCards, drawn = `document.querySelectorAll("article").length === 3`, `document.body.dataset.drawn`
	pictures := []picture{
		{file: "status-page.png", page: page.Handler(example{}), width: 1280, ready: threeCards},
		{file: "status-page-dark.png", page: page.Handler(example{}), width: 1280, dark: true, ready: threeCards},
		{file: "console.png", page: consoles, width: 1120, ready: drawn},
	}
	for _, lang := range []string{"en", "zh"} {
		report, err := os.ReadFile(filepath.Join(doctor, "report."+lang+".txt"))
		if err != nil {
			return err
		}
		screen := screens{{Title: "PowerShell", Text: `PS C:\src\orders> doctor --only go.multi,net,fw,port,dbg,con --binary bin\orders.exe` + "\n\n" + string(report)}}
		pictures = append(pictures, picture{file: "doctor." + lang + ".png", page: screen, width: 1110, ready: drawn})
	}

	tab, closeBrowser, err := browser.Open(ctx)
	if err != nil {
		return err
	}
	defer closeBrowser()
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, p := range pictures {
		shot, err := p.take(tab)
		if err == nil {
			shot, err = shrink(shot)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", p.file, err)
		}
		file := filepath.Join(out, p.file)
		if err := os.WriteFile(file, shot, 0o644); err != nil {
			return err
		}
		fmt.Printf("%4d KB  %s\n", len(shot)/1000, file)
	}
	return nil
}

// take serves the page and gives a picture of it as PNG.
func (p picture) take(tab context.Context) ([]byte, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: p.page}
	go server.Serve(l)
	defer server.Close()

	const scale = 1.5 // pixels per CSS pixel: a README is a column of 800, on screens with twice as many
	err = chromedp.Do(tab, emulate(p.dark),
		chromedp.EmulateViewport(p.width, 100, chromedp.EmulateScale(scale)),
		chromedp.Navigate("http://"+l.Addr().String()+"/"),
		chromedp.Poll[chromedp.Void](p.ready))
	if err != nil {
		return nil, err
	}
	height, err := chromedp.Run(tab, chromedp.Evaluate[int64](`document.documentElement.scrollHeight`))
	if err != nil {
		return nil, err
	}
	err = chromedp.Do(tab,
		chromedp.EmulateViewport(p.width, height, chromedp.EmulateScale(scale)),
		// What follows the new size, such as a log's end, has followed it after a frame.
		chromedp.Evaluate[chromedp.Void](`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		return nil, err
	}
	return chromedp.Run(tab, chromedp.CaptureScreenshot())
}

// emulate sets what differs between machines and days.
func emulate(dark bool) chromedp.Action[chromedp.Void] {
	features := []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "light"}, {Name: "prefers-reduced-motion", Value: "reduce"}}
	if dark {
		features[0].Value = "dark"
	}
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
		if err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "UTC"})
		return err
	})
}
