package page

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// testAxe has axe-core look at the page in each of its states: it finds nothing that would keep
// somebody from using it. testdata has axe-core 4.14.1, axe.min.js as npm has it (MPL 2.0).
func testAxe(t *testing.T, p *tab) {
	file, err := os.Open("testdata/axe.min.js.gz")
	require.NoError(t, err)
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	axe, err := io.ReadAll(unpacked)
	require.NoError(t, err)
	p.wait(`document.documentElement.dataset.level === "ok"`)
	eval[bool](p, string(axe)+"; true") // not through the page, whose policy forbids it

	structured := `time=2026-03-01T12:00:00Z level=%s msg="it goes on" a=b`
	for _, state := range []struct {
		name  string
		level string
		make  func()
	}{
		{"healthy", "ok", func() {}},
		{"busy", "busy", func() {
			p.control.Change("user-service", func(s *page.Service) { *s = page.Service{Name: s.Name, State: page.Building} })
		}},
		{"trouble of all kinds", "bad", func() {
			p.control.Notice("dev.toml:3:1: no")
			p.control.Change("user-service", func(s *page.Service) {
				s.State, s.Reason, s.LastWords = page.Crashed, "exit code 2", []string{"panic: x", "", "goroutine 1 [running]:"}
				for _, level := range []string{"DEBUG", "INFO", "WARN", "ERROR"} {
					s.Log = append(s.Log, fmt.Sprintf(structured, level))
				}
				s.Log = append(s.Log, "plain", "\x1b[31mred\x1b[0m \x1b[32mgreen \x1b[33m3 \x1b[34m4 \x1b[35m5 \x1b[36m6 \x1b[37m7 \x1b[30m0 \x1b[0;2mdim")
			})
			p.control.Change("order-service", func(s *page.Service) {
				s.Build = page.Build{At: time.Now(), Took: time.Second, Output: "x.go:1: undefined: y"}
			})
			p.control.Change("api-gateway", func(s *page.Service) { s.State, s.Reason, s.PID = page.Stopped, "by you", 0 })
		}},
		{"dev gone", "gone", p.stop},
	} {
		state.make()
		p.wait(fmt.Sprintf(`document.documentElement.dataset.level === %q`, state.level))
		for _, unfolded := range []bool{false, true} {
			p.click("[data-id=unfold]")
			for _, scheme := range []string{"light", "dark"} {
				for _, width := range []int64{320, 1280} {
					require.NoError(t, chromedp.Do(p.ctx, colours(scheme), chromedp.EmulateViewport(width, 900)))
					violations, err := chromedp.Run(p.ctx, chromedp.Evaluate[[]string](`axe.run().then((r) => r.violations.flatMap(
						(v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 150) + " " + n.failureSummary)))`, chromedp.EvalAwaitPromise))
					require.NoError(t, err)
					assert.Empty(t, violations, "%s, %s, %d pixels wide, one log turned over: %v", state.name, scheme, width, unfolded)
				}
			}
		}
	}
}

func colours(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		return err
	})
}
