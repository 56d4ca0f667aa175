package doctor

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// TextOptions say what the terminal can show.
type TextOptions struct {
	Color   bool
	Unicode bool   // ✓ ! ✗ ?, else ASCII
	Shell   string // whose fix is shown: "cmd", "powershell", "sh"; "" is all that differ
}

// marks by status: Unicode, ASCII, colour (SGR).
var marks = map[Status][3]string{
	OK: {"✓", "+", "32"}, Info: {"i", "i", "36"}, Warn: {"!", "!", "33"}, Error: {"✗", "x", "31"}, Skip: {"-", "-", "90"}, Unknown: {"?", "?", "35"},
}

// severity orders statuses: worst last.
var severity = map[Status]int{Skip: 0, OK: 1, Info: 2, Unknown: 3, Warn: 4, Error: 5}

// chinese are the fixed words of the text.
var chinese = map[string]string{
	"Network": "网络", "Debugging": "调试", "Console": "控制台", "System": "系统",
	"ok": "正常", "info": "提示", "warnings": "警告", "errors": "错误", "unknown": "未知", "skipped": "跳过",
	"as administrator": "需要管理员权限", "then restart": "之后需要重启",
}

// Text writes a report for people: groups, the worst last in each and the worst
// group last, then a count. Checks for other systems are only counted, if there
// are others.
func (r Report) Text(w io.Writer, o TextOptions) error {
	groups := map[string][]Result{}
	var names []string
	shown := slices.DeleteFunc(slices.Clone(r.Results), func(r Result) bool { return r.elsewhere })
	if len(shown) == 0 {
		shown = r.Results
	}
	for _, result := range shown {
		if groups[result.Group] == nil {
			names = append(names, result.Group)
		}
		groups[result.Group] = append(groups[result.Group], result)
	}
	bySeverity := func(a, b Result) int { return cmp.Compare(severity[a.Status], severity[b.Status]) }
	for _, group := range groups {
		slices.SortStableFunc(group, bySeverity)
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return bySeverity(slices.MaxFunc(groups[a], bySeverity), slices.MaxFunc(groups[b], bySeverity))
	})
	p := printer{TextOptions: o, lang: r.Lang}
	for _, name := range names {
		p.line(p.paint("1", p.word(name)))
		for _, result := range groups[name] {
			p.result(result)
		}
		p.line("")
	}
	var counts []string
	for _, c := range []struct {
		s    Status
		word string
	}{{OK, "ok"}, {Info, "info"}, {Warn, "warnings"}, {Error, "errors"}, {Unknown, "unknown"}, {Skip, "skipped"}} {
		counts = append(counts, fmt.Sprintf("%d %s", r.Counts[c.s], p.word(c.word)))
	}
	p.line(strings.Join(counts, ", "))
	_, err := io.WriteString(w, p.String())
	return err
}

// printer collects the text.
type printer struct {
	strings.Builder
	TextOptions
	lang string
}

func (p *printer) line(s string) {
	p.WriteString(s)
	p.WriteByte('\n')
}

func (p *printer) word(s string) string {
	if zh := chinese[s]; p.lang == "zh" && zh != "" {
		return zh
	}
	return s
}

func (p *printer) paint(sgr, s string) string {
	if !p.Color {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// result prints a check, and for one that is not fine the evidence and the fix.
func (p *printer) result(r Result) {
	const dim, indent = "90", "      "
	mark := marks[r.Status][1]
	if p.Unicode {
		mark = marks[r.Status][0]
	}
	p.line(fmt.Sprintf("  %s %-14s %s", p.paint(marks[r.Status][2], mark), r.ID, r.Summary))
	if severity[r.Status] <= severity[OK] {
		return
	}
	for _, e := range r.Evidence {
		p.line(indent + p.paint(dim, e))
	}
	var notes []string
	if r.NeedsAdmin {
		notes = append(notes, p.word("as administrator"))
	}
	if r.Reboot {
		notes = append(notes, p.word("then restart"))
	}
	fixes := p.fixes(r.Fix)
	if len(notes) > 0 && len(fixes) > 0 {
		p.line(indent + p.paint(dim, "("+strings.Join(notes, "; ")+")"))
	}
	for _, fix := range fixes {
		p.line(indent + fix)
	}
	if r.Doc != "" && r.Status != Info {
		p.line(indent + p.paint(dim, r.Doc))
	}
}

// fixes returns the lines that say what to type.
func (p *printer) fixes(f *Fix) []string {
	if f == nil {
		return nil
	}
	by := map[string]string{"cmd": f.Cmd, "powershell": f.PowerShell, "sh": f.Sh}
	if command := by[p.Shell]; command != "" {
		return []string{"> " + command}
	}
	if f.Cmd == f.PowerShell && f.Cmd == f.Sh && f.Cmd != "" {
		return []string{"> " + f.Cmd}
	}
	var out []string
	for _, shell := range []string{"cmd", "powershell", "sh"} {
		if by[shell] != "" {
			out = append(out, fmt.Sprintf("%-10s > %s", shell, by[shell]))
		}
	}
	return out
}
