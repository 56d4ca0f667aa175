package page

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/examples/dev/page/pagetest"
	"github.com/surefoot-go/surefoot/internal/checks/browser"
)

// TestPage looks at the page in a real browser.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starting a browser takes seconds")
	}
	if _, err := browser.Find(); err != nil {
		require.ErrorIs(t, err, fs.ErrNotExist)
		t.Skip("no browser to look at the page with: ", err)
	}
	main, closeBrowser, err := browser.Open(t.Context())
	require.NoError(t, err)
	t.Cleanup(closeBrowser)

	for _, tt := range []struct {
		name string
		test func(*testing.T, *tab)
	}{
		{"three healthy services", testHealthy},
		{"a narrow window", testNarrow},
		{"red when one crashes", testRed},
		{"the buttons", testOrders},
		{"a refusal is shown", testRefusal},
		{"a configuration that can't be run", testNotice},
		{"a build that fails", testBuild},
		{"cards open at the end of their logs", testOpensAtEnd},
		{"lines", testLines},
		{"a crash's lines", testLastWords},
		{"nothing is known yet", testNothingYet},
		{"axe", testAxe},
		{"what is in a log is text", testLogIsText},
		{"a log that is read stays", testLogStays},
		{"dev gone and back", testGone},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t, main)) })
	}
}

func testHealthy(t *testing.T, p *tab) {
	p.wait(`document.documentElement.dataset.level === "ok"`)
	assert.Equal(t, "All 3 services are healthy", p.text("[role=status]"))
	assert.Equal(t, "✓ 3 healthy · dev", eval[string](p, `document.title`))
	assert.Contains(t, eval[string](p, `document.querySelector("link[rel=icon]").href`), "1a7f37", "a green icon")
	assert.Equal(t, []string{"user-service", "order-service", "api-gateway"}, p.texts("h2"), "in the order of the status")
	assert.Equal(t, []string{"healthy", "healthy", "healthy"}, p.texts(".state"))
	assert.Equal(t, []string{"4000", "4001", "4002"}, p.texts("[data-id=pid]"))
	assert.Equal(t, "12.0 · max 13.0 MiB", p.texts("[data-id=memory]")[0])
	assert.Equal(t, "12/s · max 30/s", p.texts("[data-id=requests]")[0])
	assert.Contains(t, p.texts("[data-id=build]")[0], "✓ 840 ms")
	assert.Equal(t, "http://localhost:8081/", eval[string](p, `document.querySelector(".head a").href`))
	assert.Equal(t, "serving user-service", p.texts(".lines")[0])
	uptime := p.texts("[data-id=uptime]")[0]
	assert.Regexp(t, `^\dm \d+s$`, uptime)
	p.wait(fmt.Sprintf(`document.querySelector("[data-id=uptime]").textContent !== %q`, uptime)) // it goes on
	assert.Empty(t, p.problems(), "the console's errors, exceptions and failed requests")
}

func testNarrow(t *testing.T, p *tab) {
	long := strings.Repeat("long", 100)
	p.control.Change("order-service", func(s *page.Service) {
		s.Name, s.URL, s.State, s.Reason = s.Name+"-"+long, s.URL+"/"+long, page.Failed, long
		s.Build = page.Build{At: time.Now(), Output: long}
		s.LastWords = []string{long}
		s.Log = append(s.Log, long, "中文"+strings.Repeat("很长", 100))
	})
	require.NoError(t, chromedp.Do(p.ctx, chromedp.EmulateViewport(320, 800)))
	p.wait(`document.documentElement.dataset.level === "bad"`)
	require.Equal(t, 320, eval[int](p, `innerWidth`))
	assert.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 320, "it can be scrolled sideways")
	assert.Empty(t, eval[[]string](p, `[...document.querySelectorAll("body *")]
		.filter((e) => e.getBoundingClientRect().right > 320).map((e) => e.outerHTML.slice(0, 80))`), "what sticks out")
}

// testRed has a service crash behind the page's back. On a machine that is busy with other things
// one round may be slow; three are not.
func testRed(t *testing.T, p *tab) {
	p.wait(`document.documentElement.dataset.level === "ok"`)
	eval[bool](p, `new MutationObserver(() => { window.changedAt = Date.now() })
		.observe(document.documentElement, { attributeFilter: ["data-level"] }) === undefined`)
	var took time.Duration
	for range 3 {
		crashed := time.Now()
		p.control.Change("order-service", func(s *page.Service) { s.State, s.Reason = page.Crashed, "exit status 2" })
		p.wait(`document.documentElement.dataset.level === "bad"`)
		took = time.UnixMilli(eval[int64](p, `changedAt`)).Sub(crashed)
		t.Logf("red after %v", took)
		assert.Equal(t, "order-service has crashed", p.text("[role=status]"))
		assert.Equal(t, "✕ order-service has crashed · dev", eval[string](p, `document.title`))
		assert.Contains(t, eval[string](p, `document.querySelector("link[rel=icon]").href`), "cf222e", "a red icon")
		assert.Equal(t, []string{"healthy", "crashed", "healthy"}, p.texts(".state"))
		assert.Equal(t, "exit status 2", p.texts(".reason")[1])
		assert.Equal(t, "rgb(207, 34, 46)", eval[string](p, `getComputedStyle(document.querySelector(".banner")).backgroundColor`))
		p.control.Change("order-service", func(s *page.Service) { s.State = page.Healthy })
		p.wait(`document.documentElement.dataset.level === "ok"`)
		if took < 2*time.Second {
			break
		}
	}
	assert.Less(t, took, 2*time.Second)
	assert.Empty(t, p.problems())
}

func testOrders(t *testing.T, p *tab) {
	p.wait(`document.documentElement.dataset.level === "ok"`)
	p.click("article:nth-child(2) [data-order=stop]")
	p.wait(`document.documentElement.dataset.level === "bad"`)
	assert.Equal(t, "order-service is stopped", p.text("[role=status]"))
	p.wait(`document.querySelector("article:nth-child(2) [data-order=start]").ariaDisabled === "false"`)
	p.click("article:nth-child(2) [data-order=start]")
	p.wait(`document.documentElement.dataset.level === "ok"`)
	p.click("article:nth-child(3) [data-order=reload]")
	p.wait(`document.querySelector("article:nth-child(3) [data-id=reloads]").textContent === "1"`)
	p.click("article:nth-child(3) [data-order=start]") // which runs: the button is off
	p.wait(`document.querySelector("article:nth-child(3) [data-order=stop]").ariaDisabled === "false"`)
	p.click("article:nth-child(3) [data-order=stop]")
	p.wait(`document.documentElement.dataset.level === "bad"`)
	assert.Equal(t, []string{"stop order-service", "start order-service", "reload api-gateway", "stop api-gateway"}, p.control.Given())
	assert.Empty(t, p.problems())
}

func testRefusal(t *testing.T, p *tab) {
	p.control.Refuse("order-service needs user-service")
	p.wait(`document.querySelectorAll("article").length === 3`)
	p.click("[data-order=stop]")
	p.wait(`document.querySelector(".answer[role=alert]").textContent === "order-service needs user-service"`)
	assert.Equal(t, "stop", eval[string](p, `document.activeElement.dataset.order`), "the button has kept the focus")
}

func testNotice(t *testing.T, p *tab) {
	p.wait(`document.documentElement.dataset.level === "ok"`)
	shown := func() bool { return eval[bool](p, `document.querySelector("#notice").checkVisibility()`) }
	assert.False(t, shown())
	p.control.Notice("dev.toml:3:1: <b>no</b>")
	p.wait(`document.querySelector("#notice").textContent === "dev.toml:3:1: <b>no</b>"`)
	assert.True(t, shown())
	p.control.Notice("")
	p.wait(`document.querySelector("#notice").textContent === ""`)
	assert.False(t, shown())
}

func testBuild(t *testing.T, p *tab) {
	p.control.Change("user-service", func(s *page.Service) {
		s.Build = page.Build{At: time.Now(), Took: 1500 * time.Millisecond, Output: "users.go:7:2: undefined: 用户"}
	})
	p.wait(`document.documentElement.dataset.level === "warn"`)
	assert.Equal(t, "user-service: the last build failed", p.text("[role=status]"))
	assert.Equal(t, "healthy", p.texts(".state")[0], "the build before serves")
	assert.Contains(t, p.texts("[data-id=build]")[0], "✕ failed after 1.5 s")
	assert.True(t, eval[bool](p, `document.querySelector("details").open`))
	assert.Equal(t, "users.go:7:2: undefined: 用户", p.texts(".build pre")[0])

	p.click("summary")
	p.afterPolls(2)
	assert.False(t, eval[bool](p, `document.querySelector("details").open`), "what the user has closed stays closed")
	p.control.Change("user-service", func(s *page.Service) { s.Build = page.Build{OK: true, At: time.Now()} })
	p.wait(`document.documentElement.dataset.level === "ok"`)
}

func testLogIsText(t *testing.T, p *tab) {
	lines := []string{
		`<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2">`,
		"\x1b[31mred\x1b[0m plain \x1b[1;92mbold\x1b[m",
		"\x1b[38;5;1mone of 256\x1b[0m \x1b[38;2;1;2;3mof all\x1b[39m",
		"\x1b]0;a title\x07\x1b]8;;http://evil.example\x1b\\a link\x1b]8;;\x1b\\\x1b[2J\x1b[1A\x1b(B\x1bM\u009b\x00\x08end",
		"\x1b[31", // cut off
		"你好，世界 🚀 ┌─┐",
		"",
		"time=2026-03-01T12:00:00Z level=WARN msg=slow",
		`{"level":"ERROR+2","msg":"broken"}`,
	}
	p.control.Change("user-service", func(s *page.Service) {
		s.Log = lines
		s.Reason = "<b>" + lines[0]
		s.URL = "javascript:window.hacked=3"
		s.Build = page.Build{At: time.Now(), Output: lines[0]}
	})
	p.wait(`document.querySelectorAll("article:first-child .lines div").length === 9`)
	assert.Equal(t, []string{
		lines[0], "red plain bold", "one of 256 of all", "a linkend", "", lines[5], "\n",
		clock(p, "2026-03-01T12:00:00Z") + " WARN slow", "ERROR+2 broken",
	}, eval[[]string](p, `[...document.querySelectorAll("article:first-child .lines div")].map((e) => e.textContent)`))
	assert.Equal(t, []string{"ansi-1 red", "ansi-2 bold bold", "ansi-1 one of 256"},
		eval[[]string](p, `[...document.querySelectorAll(".lines span")].map((e) => e.className + " " + e.textContent)`))
	assert.Equal(t, []string{"", "WARN", "ERROR"}, eval[[]string](p, `[...document.querySelectorAll("article:first-child .lines div")].slice(6).map((e) => e.dataset.level ?? "")`))
	assert.Zero(t, eval[int](p, `document.querySelectorAll("main script, main img, main b").length`))
	assert.Equal(t, "undefined", eval[string](p, `typeof window.hacked`))
	assert.False(t, eval[bool](p, `document.querySelector(".head a").hasAttribute("href")`))
	assert.Empty(t, p.problems())
}

func testLogStays(t *testing.T, p *tab) {
	n := 0
	add := func(lines int) {
		p.control.Change("user-service", func(s *page.Service) {
			for range lines {
				n++
				s.Log = append(s.Log, fmt.Sprint("line ", n))
			}
			s.Log = slices.Clone(s.Log[max(0, len(s.Log)-page.MaxLog):])
		})
	}
	shows := func(line int) {
		p.wait(fmt.Sprintf(`document.querySelector(".lines")?.lastElementChild?.textContent === "line %d"`, line))
	}
	const atEnd = `(() => { const e = document.querySelector(".lines"); return e.scrollTop + e.clientHeight > e.scrollHeight - 8 })()`

	add(page.MaxLog)
	shows(200)
	p.wait(atEnd)
	add(50)
	shows(250)
	p.wait(atEnd)
	assert.Equal(t, page.MaxLog, eval[int](p, `document.querySelector(".lines").childElementCount`), "a tail that is followed is no longer than it says")

	// Selected text stays as it is, while lines come that push it out of the tail.
	eval[bool](p, `getSelection().selectAllChildren(document.querySelectorAll(".lines div")[20]) || true`)
	selected := eval[string](p, `getSelection().toString()`)
	require.Equal(t, "line 71", selected)
	add(150)
	shows(400)
	assert.Equal(t, selected, eval[string](p, `getSelection().toString()`))
	eval[bool](p, `getSelection().removeAllRanges() || true`)

	// Scrolled up, it is not pulled to the end, until it is asked to.
	eval[bool](p, `(document.querySelector(".lines").scrollTop = 100) > 0`)
	p.wait(`!document.querySelector(".end").hidden`)
	top := `Math.round(document.querySelectorAll(".lines div")[10].getBoundingClientRect().top)`
	before := eval[int](p, top)
	add(150)
	shows(550)
	assert.Equal(t, before, eval[int](p, top))
	p.click(".end")
	p.wait(`document.querySelector(".end").hidden`)
	add(1)
	shows(551)
	p.wait(atEnd)
	assert.Equal(t, page.MaxLog, eval[int](p, `document.querySelector(".lines").childElementCount`))
}

func testGone(t *testing.T, p *tab) {
	p.wait(`document.documentElement.dataset.level === "ok"`)
	p.stop()
	p.wait(`document.documentElement.dataset.level === "gone"`)
	assert.Equal(t, "dev is gone: what is below is old", p.text("[role=status]"))
	assert.Equal(t, "✕ dev is gone · dev", eval[string](p, `document.title`))
	assert.Zero(t, eval[int](p, `document.querySelectorAll("button[aria-disabled=false]").length`), "there is no supervisor for orders")
	assert.Len(t, p.texts("h2"), 3, "what was known last is still there")

	p.start()
	p.wait(`document.documentElement.dataset.level === "ok"`)
	assert.Equal(t, "All 3 services are healthy", p.text("[role=status]"))
	assert.NotZero(t, eval[int](p, `document.querySelectorAll("button[aria-disabled=false]").length`))
}

// tab is a tab that shows the page of a fake supervisor.
type tab struct {
	*testing.T
	ctx     context.Context
	control *pagetest.Fake
	addr    string
	server  *http.Server

	mu   sync.Mutex
	seen []string
}

func open(t *testing.T, browser context.Context) *tab {
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	p := &tab{T: t, ctx: ctx, control: pagetest.New(), addr: "127.0.0.1:0"}
	p.start()
	t.Cleanup(func() { p.server.Close() })
	require.NoError(t, chromedp.Listen(ctx, p.listen))
	require.NoError(t, chromedp.Do(ctx,
		chromedp.EmulateViewport(1280, 900),
		chromedp.Navigate("http://"+p.addr+"/")))
	return p
}

func (p *tab) start() {
	l, err := net.Listen("tcp", p.addr)
	require.NoError(p, err)
	p.addr = l.Addr().String()
	p.server = &http.Server{Handler: page.Handler(p.control)}
	go p.server.Serve(l)
}

func (p *tab) stop() { require.NoError(p, p.server.Close()) }

// listen notes whatever an engineer would see in red in the developer tools.
func (p *tab) listen(event any) {
	var problem string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		problem = fmt.Sprint("exception: ", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprint("console.", e.Type)
	case *log.EventEntryAdded: // also what breaks the policy
		problem = fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text)
	case *network.EventLoadingFailed:
		problem = fmt.Sprint("failed: ", e.ErrorText)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			problem = fmt.Sprint(e.Response.Status, " ", e.Response.URL)
		}
	}
	if problem != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.seen = append(p.seen, problem)
	}
}

func (p *tab) problems() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen
}

// wait waits until a JavaScript expression is true.
func (p *tab) wait(expression string) {
	p.Helper()
	_, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression,
		chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(time.Minute)))
	require.NoError(p, err, "%s; the page says %q", expression, p.text("[role=status]"))
}

func (p *tab) click(selector string) {
	p.Helper()
	require.NoError(p, chromedp.Do(p.ctx, chromedp.Click(chromedp.CSS(selector))), selector)
}

// afterPolls waits until the page has asked n times more, and has drawn all but the last answer.
func (p *tab) afterPolls(n int) {
	p.Helper()
	asked := p.control.Asked
	until := asked() + n + 1
	require.Eventually(p, func() bool { return asked() >= until }, time.Minute, 20*time.Millisecond)
}

func (p *tab) text(selector string) string {
	p.Helper()
	return strings.Join(p.texts(selector), "\n")
}

func (p *tab) texts(selector string) []string {
	p.Helper()
	return eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent.trim())`, selector))
}

func eval[T any](p *tab, expression string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression))
	require.NoError(p, err, expression)
	return value
}
