package inspect

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"runtime"
	"runtime/pprof"
	"time"
)

// maxRows is the maximum number of groups on the page of goroutines.
const maxRows = 500

// maxAged is the maximum number of goroutines for which their page takes a full dump by default,
// which stops the world for about 0.1 s. Swapped by tests.
var maxAged = 20_000

// A page builds HTML. It does not use html/template, which looks up methods by name: the linker
// then keeps all exported methods of the whole program, which makes many programs larger by half.
type page struct{ bytes.Buffer }

// add appends the format with each %s replaced by one of the args as text.
func (p *page) add(format string, args ...any) {
	texts := make([]any, len(args))
	for i, arg := range args {
		texts[i] = html.EscapeString(fmt.Sprint(arg))
	}
	fmt.Fprintf(p, format, texts...)
}

func newPage(title string) *page {
	p := &page{}
	p.add(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>%s</title><style>
body { font: 14px system-ui, sans-serif; margin: 2em }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .3em 1em .3em 0; border-bottom: 1px solid #ccc }
td.n { text-align: right } code, pre { font: 13px ui-monospace, monospace } small { color: #666 }
</style></head><body><h1>%s</h1>
`, title, title)
	return p
}

func (p *page) serve(w http.ResponseWriter) {
	p.add("</table></body></html>")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(p.Bytes())
}

// age formats a wait in whole minutes; negative means unknown.
func age(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Minute:
		return "< 1 min"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d h", d/time.Hour)
}

// note returns a remark on a profile.
func note(profile string) string {
	switch profile {
	case "allocs":
		return "all allocations since the start"
	case "block":
		return "empty until runtime.SetBlockProfileRate"
	case "goroutineleak":
		return "those that can never continue, as of the last look"
	case "heap":
		return "what is in use"
	case "mutex":
		return "empty until runtime.SetMutexProfileFraction"
	}
	return ""
}

func (m *mux) index(w http.ResponseWriter, r *http.Request) {
	build := Build()
	p := newPage(build.Package)
	p.add("<p>Binary: <b>%s</b>: %s. ", build.Verdict, build.Reason)
	if build.Fix != "" {
		p.add("Mend: <code>%s</code>", build.Fix)
	}
	p.add(`</p>
<p><a href="/debug/goroutines">goroutines by site</a> · <a href="/debug/vars">variables</a> · <a href="/debug/build">build</a></p>
<table><tr><th>count<th>profile<th>as text<th>what changes</tr>
`)
	for _, profile := range pprof.Profiles() {
		name := profile.Name()
		link := "/debug/pprof/" + url.PathEscape(name)
		p.add(`<tr><td class="n">%s<td><a href="%s">%s</a> <small>%s</small><td><a href="%s?debug=1">text</a><td><a href="%s?seconds=10">in 10 s</a></tr>
`, profile.Count(), link, name, note(name), link, link)
	}
	p.add(`<tr><td><td><a href="/debug/pprof/profile?seconds=10">profile</a> <small>CPU, 10 s</small><td><td></tr>
<tr><td><td><a href="/debug/pprof/trace?seconds=1">trace</a> <small>1 s</small><td><td></tr>
`)
	p.serve(w)
}

func (m *mux) goroutines(w http.ResponseWriter, r *http.Request) {
	if !enter(w, m.other, "two profiles are") {
		return
	}
	defer leave(m.other)
	var groups []*group
	n := runtime.NumGoroutine()
	aged := n <= maxAged || r.URL.Query().Get("full") != ""
	if aged {
		groups = groupStacks(stacks(n))
	} else {
		p, err := collect(pprof.Lookup("goroutine"))
		if err != nil {
			http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
			return
		}
		groups = groupProfile(p)
	}
	total := 0
	for _, g := range groups {
		total += g.Count
	}
	p := newPage("Goroutines")
	p.add("<p>%s goroutines, %s sites", total, len(groups))
	if more := len(groups) - maxRows; more > 0 {
		p.add(", of which %s more are not shown", more)
		groups = groups[:maxRows]
	}
	p.add(".\n")
	if aged {
		p.add("Ages are how long the oldest has been in its wait, to the minute below.")
	} else {
		p.add(`With so many, the ages would stop the program for about %s: <a href="?full=1">do it</a>.`, time.Duration(n)*6*time.Microsecond)
	}
	p.add(`</p>
<table><tr><th>count<th>age<th>runs, was started by<th>state</tr>
`)
	for _, g := range groups {
		p.addGroup(g)
	}
	p.serve(w)
}

func (p *page) addGroup(g *group) {
	p.add(`<tr><td class="n">%s<td>%s<td><details><summary><code>%s</code>`, g.Count, age(g.Oldest), g.Entry)
	if g.Creator != "" {
		p.add("<br><small>%s <code>%s</code></small>", g.Creator, g.Site)
	}
	p.add("</summary><pre>%s</pre></details>\n<td>", g.Stack)
	for _, s := range g.States {
		p.add("%s", s.Name)
		if s.Count > 1 {
			p.add(" ×%s", s.Count)
		}
		p.add("<br>")
	}
	p.add("</tr>\n")
}

// stacks dumps about n goroutines. The world is stopped during a dump, so the buffer should have
// the right size on the first try.
func stacks(n int) string {
	for buf := make([]byte, 64<<10+n*2048); ; buf = make([]byte, 2*len(buf)) {
		if size := runtime.Stack(buf, true); size < len(buf) {
			return string(buf[:size])
		}
	}
}
