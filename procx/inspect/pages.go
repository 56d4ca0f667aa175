package inspect

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

// maxRows is how many groups the page of goroutines shows.
const maxRows = 500

// maxAged is up to how many goroutines their page stops the world for a full
// dump without being told to: for about 0.1 s. Tests swap it.
var maxAged = 20_000

var parsed struct {
	once  sync.Once
	pages *template.Template
}

func pages() *template.Template {
	parsed.once.Do(func() {
		parsed.pages = template.Must(template.New("").Funcs(template.FuncMap{"age": age}).Parse(pageText))
	})
	return parsed.pages
}

const pageText = `
{{define "head"}}<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.}}</title><style>
body { font: 14px system-ui, sans-serif; margin: 2em }
table { border-collapse: collapse } th, td { text-align: left; vertical-align: top; padding: .3em 1em .3em 0; border-bottom: 1px solid #ccc }
td.n { text-align: right } code, pre { font: 13px ui-monospace, monospace } small { color: #666 }
</style></head><body><h1>{{.}}</h1>{{end}}

{{define "index"}}{{template "head" .Title}}
<p>Binary: <b>{{.Build.Verdict}}</b>: {{.Build.Reason}}. {{with .Build.Fix}}Mend: <code>{{.}}</code>{{end}}</p>
<p><a href="/debug/goroutines">goroutines by site</a> · <a href="/debug/vars">variables</a> · <a href="/debug/build">build</a></p>
<table><tr><th>count<th>profile<th>as text<th>what changes</tr>
{{range .Profiles}}<tr><td class="n">{{.Count}}<td><a href="/debug/pprof/{{.Name}}">{{.Name}}</a> <small>{{.Note}}</small><td><a href="/debug/pprof/{{.Name}}?debug=1">text</a><td><a href="/debug/pprof/{{.Name}}?seconds=10">in 10 s</a></tr>
{{end}}<tr><td><td><a href="/debug/pprof/profile?seconds=10">profile</a> <small>CPU, 10 s</small><td><td></tr>
<tr><td><td><a href="/debug/pprof/trace?seconds=1">trace</a> <small>1 s</small><td><td></tr>
</table></body></html>{{end}}

{{define "goroutines"}}{{template "head" .Title}}
<p>{{.Total}} goroutines, {{len .Groups}} sites{{if .More}}, of which {{.More}} more are not shown{{end}}.
{{if .Aged}}Ages are how long the oldest has been in its wait, to the minute below.{{else}}With so many, the ages would stop the program for about {{.Pause}}: <a href="?full=1">do it</a>.{{end}}</p>
<table><tr><th>count<th>age<th>runs, was started by<th>state</tr>
{{range .Groups}}<tr><td class="n">{{.Count}}<td>{{age .Oldest}}<td><details><summary><code>{{.Entry}}</code>{{if .Creator}}<br><small>{{.Creator}} <code>{{.Site}}</code></small>{{end}}</summary><pre>{{.Stack}}</pre></details>
<td>{{range .States}}{{.Name}}{{if gt .Count 1}} ×{{.Count}}{{end}}<br>{{end}}</tr>
{{end}}</table></body></html>{{end}}`

// age words a wait that is known to the minute; negative is unknown.
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

// note says what to know of a profile.
func note(profile string) string {
	switch profile {
	case "allocs":
		return "all allocations since the start"
	case "block":
		return "empty until runtime.SetBlockProfileRate"
	case "goroutineleak":
		return "those that can never go on, as of the last look"
	case "heap":
		return "what is in use"
	case "mutex":
		return "empty until runtime.SetMutexProfileFraction"
	}
	return ""
}

func (m *mux) index(w http.ResponseWriter, r *http.Request) {
	type row struct {
		Name, Note string
		Count      int
	}
	var rows []row
	for _, p := range pprof.Profiles() {
		rows = append(rows, row{p.Name(), note(p.Name()), p.Count()})
	}
	build := Build()
	servePage(w, "index", map[string]any{"Title": build.Package, "Build": build, "Profiles": rows})
}

func (m *mux) goroutines(w http.ResponseWriter, r *http.Request) {
	if !enter(w, m.other, "two profiles are") {
		return
	}
	defer leave(m.other)
	data := map[string]any{"Title": "Goroutines"}
	var groups []*group
	n := runtime.NumGoroutine()
	if aged := n <= maxAged || r.URL.Query().Get("full") != ""; aged {
		data["Aged"] = true
		groups = groupStacks(stacks(n))
	} else {
		data["Pause"] = time.Duration(n) * 6 * time.Microsecond
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
	if len(groups) > maxRows {
		data["More"] = len(groups) - maxRows
		groups = groups[:maxRows]
	}
	data["Total"], data["Groups"] = total, groups
	servePage(w, "goroutines", data)
}

// stacks dumps about n goroutines. The world stands still meanwhile, so the
// buffer should be right at once.
func stacks(n int) string {
	for buf := make([]byte, 64<<10+n*2048); ; buf = make([]byte, 2*len(buf)) {
		if size := runtime.Stack(buf, true); size < len(buf) {
			return string(buf[:size])
		}
	}
}

func servePage(w http.ResponseWriter, name string, data any) {
	var buf bytes.Buffer
	if err := pages().ExecuteTemplate(&buf, name, data); err != nil {
		http.Error(w, "inspect: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write(buf.Bytes())
}
