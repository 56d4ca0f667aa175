package page

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// testOpensAtEnd opens the page at each width while logs are as long as they get: the last line of
// each is in view.
func testOpensAtEnd(t *testing.T, p *tab) {
	for i, name := range []string{"user-service", "order-service", "api-gateway"} {
		p.control.Change(name, func(s *page.Service) {
			for n := range page.MaxLog {
				s.Log = append(s.Log, fmt.Sprintf("time=2026-03-01T12:00:00Z level=INFO msg=%q n=%d", strings.Repeat("word ", 20*i+n%20), n))
			}
			s.Log = s.Log[len(s.Log)-page.MaxLog:]
		})
	}
	for _, width := range []int64{320, 480, 768, 1280, 1920} {
		require.NoError(t, chromedp.Do(p.ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate("http://"+p.addr+"/")))
		p.wait(fmt.Sprintf(`document.querySelectorAll(".lines div").length === %d`, 3*page.MaxLog))
		p.afterPolls(1)
		require.Equal(t, width, eval[int64](p, `innerWidth`))
		assert.Equal(t, []bool{true, true, true}, eval[[]bool](p, `[...document.querySelectorAll(".lines")].map((e) => {
			const last = e.lastElementChild.getBoundingClientRect();
			return last.bottom <= e.getBoundingClientRect().bottom + 1;
		})`), "%d pixels wide", width)
		assert.Equal(t, 3, eval[int](p, `document.querySelectorAll(".end[hidden]").length`), "%d pixels wide", width)
	}
}

// testLines shows what loggers write as time, level and message, the rest folded.
func testLines(t *testing.T, p *tab) {
	const at = "2026-03-01T12:34:56.789+08:00"
	when := clock(p, at)
	tests := []struct{ line, want, rest, level string }{
		{`time=` + at + ` level=INFO msg=request service=users method=GET path="/a b" took=1.5ms`, when + " INFO request", `service=users method=GET path="/a b" took=1.5ms`, ""},
		{`time=` + at + ` level=WARN msg="going on \"without\" 缓存\n\x1b[1m" err=""`, when + " WARN going on \"without\" 缓存\n", `err=""`, "WARN"},
		{`time=` + at + ` level=DEBUG-2 source=main.go:7 msg=ready`, when + " DEBUG-2 ready", "source=main.go:7", ""},
		{`level=ERROR msg="no time"`, "ERROR no time", "", "ERROR"},
		{`{"time":"` + at + `","level":"INFO","msg":"request","status":200,"user":{"id":7},"path":"/a b"}`, when + " INFO request", `status=200 user={"id":7} path="/a b"`, ""},
		{`{"level":"error","ts":1772339696.789,"caller":"a.go:1","msg":"zap"}`, clock(p, "2026-03-01T04:34:56Z") + " ERROR zap", "caller=a.go:1", "ERROR"},
		{`{"level":"fatal","time":1772339696,"message":"zerolog"}`, clock(p, "2026-03-01T04:34:56Z") + " FATAL zerolog", "", "ERROR"},
		{`{"level":40,"time":1772339696789,"pid":1,"msg":"pino"}`, clock(p, "2026-03-01T04:34:56Z") + " WARN pino", "pid=1", "WARN"},
		// As they are.
		{`plain text, a=b`, `plain text, a=b`, "", ""},
		{`2026/03/01 12:34:56 of package log`, `2026/03/01 12:34:56 of package log`, "", ""},
		{`a=b msg=x`, `a=b msg=x`, "", ""},
		{`time=never level=INFO msg=x`, `time=never level=INFO msg=x`, "", ""},
		{`time=` + at + ` level=INFO`, `time=` + at + ` level=INFO`, "", ""},
		{`time=` + at + ` level=INFO msg="cut o`, `time=` + at + ` level=INFO msg="cut o`, "", ""},
		{`{"level":"INFO","msg":`, `{"level":"INFO","msg":`, "", ""},
		{`{"level":"INFO","msg":{"a":1}}`, `{"level":"INFO","msg":{"a":1}}`, "", ""},
		{`{}`, `{}`, "", ""},
	}
	p.control.Change("user-service", func(s *page.Service) {
		s.Log = nil
		for _, test := range tests {
			s.Log = append(s.Log, test.line)
		}
	})
	p.wait(fmt.Sprintf(`document.querySelectorAll("article:first-child .lines div").length === %d`, len(tests)))
	field := func(js string) []string {
		return eval[[]string](p, `[...document.querySelectorAll("article:first-child .lines div")].map((e) => `+js+`)`)
	}
	said, rest, level := field(`(e.querySelector("summary") ?? e).textContent`), field(`e.querySelector("p")?.textContent ?? ""`), field(`e.dataset.level ?? ""`)
	for i, test := range tests {
		assert.Equal(t, test.want, said[i], test.line)
		assert.Equal(t, test.rest, rest[i], test.line)
		assert.Equal(t, test.level, level[i], test.line)
	}

	// A click on a line unfolds it; one on the button, all.
	const open = `document.querySelectorAll("article:first-child .lines details[open]").length`
	require.Zero(t, eval[int](p, open))
	p.click("article:first-child summary[tabindex]")
	assert.Equal(t, 1, eval[int](p, open))
	p.click("article:first-child [data-id=unfold]")
	all := eval[int](p, `document.querySelectorAll("article:first-child .lines details").length`)
	assert.Equal(t, all, eval[int](p, open))
	assert.Equal(t, "true", eval[string](p, `document.querySelector("[data-id=unfold]").ariaPressed`))
	p.control.Change("user-service", func(s *page.Service) { s.Log = append(s.Log, `level=INFO msg=new a=b`) })
	p.wait(open + fmt.Sprintf(" === %d", all+1))
	p.click("article:first-child [data-id=unfold]")
	assert.Zero(t, eval[int](p, open))
	assert.Empty(t, p.problems())
}

// testLastWords has a service crash whose log the user has scrolled away from.
func testLastWords(t *testing.T, p *tab) {
	words := []string{"panic: runtime error: index out of range [3] with length 3", "", "goroutine 1 [running]:", "main.main()", "\tmain.go:7 +0x1d"}
	p.control.Change("user-service", func(s *page.Service) {
		for n := range page.MaxLog {
			s.Log = append(s.Log, fmt.Sprint("goroutine ", n))
		}
	})
	p.wait(fmt.Sprintf(`document.querySelectorAll("article:first-child .lines div").length === %d`, page.MaxLog+1))
	assert.False(t, eval[bool](p, `document.querySelector(".words").checkVisibility()`))
	p.control.Change("user-service", func(s *page.Service) {
		s.State, s.Reason, s.LastWords = page.Crashed, "exit code 2; next try at 12:00:00", words
	})
	p.wait(`document.documentElement.dataset.level === "bad"`)
	for _, width := range []int64{320, 1280} {
		require.NoError(t, chromedp.Do(p.ctx, chromedp.EmulateViewport(width, 800)))
		assert.Equal(t, strings.Join(words, "\n"), p.texts("article:first-child .words pre")[0])
		assert.True(t, eval[bool](p, `(() => {
			const r = document.querySelector(".words pre").getBoundingClientRect();
			return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight && scrollY === 0;
		})()`), "%d pixels wide: in view, without scrolling", width)
	}
	p.control.Change("user-service", func(s *page.Service) { s.State, s.Reason, s.LastWords = page.Healthy, "", nil })
	p.wait(`document.documentElement.dataset.level === "ok"`)
	assert.False(t, eval[bool](p, `document.querySelector(".words").checkVisibility()`))
}

// testNothingYet has a service of which only the name is known.
func testNothingYet(t *testing.T, p *tab) {
	p.control.Change("user-service", func(s *page.Service) { *s = page.Service{Name: "user-service", State: page.Waiting} })
	p.wait(`document.querySelector("article")?.dataset.state === "waiting"`)
	assert.NotRegexp(t, `null|undefined|NaN|Infinity|Invalid`, eval[string](p, `document.body.innerText + document.querySelector("article").outerHTML`))
	assert.Equal(t, "–", p.texts("[data-id=memory]")[0])
	assert.Equal(t, "–", p.texts("[data-id=requests]")[0])
	assert.Empty(t, p.problems())
}

// clock is the time of day as the browser has it.
func clock(p *tab, at string) string {
	p.Helper()
	when, err := time.Parse(time.RFC3339, at)
	require.NoError(p, err)
	return eval[string](p, fmt.Sprintf(`new Date(%d).toLocaleTimeString("en-GB")`, when.UnixMilli()))
}
