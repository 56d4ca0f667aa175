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
	Verbose bool   // each check that is fine, and not only how many
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
	"ok": "正常", "info": "提示", "warning": "警告", "warnings": "警告", "error": "错误", "errors": "错误", "unknown": "未知", "skipped": "跳过",
	"as administrator": "需要管理员权限", "then restart": "之后需要重启",
	"%d are fine": "%d 项正常", "%d are skipped": "%d 项跳过",
	"No problems found.": "未发现问题。",
	"No problems found, but these checks could not be made: %s.": "未发现问题，但以下各项无法检查：%s。",
	"No errors, but these may cause trouble later: %s.":          "没有错误，但以下各项以后可能造成问题：%s。",
	"Fix these errors, in this order: %s.":                       "以下各项有错误，请依次修复：%s。",
	"and":                                                        "、", ", ": "，", "; ": "；", "(%s)": "（%s）",
}

// Text writes a report for people: groups, the worst last in each and the worst group last, then a
// count and a verdict. Checks for other systems are only counted, if there are others; so are
// several of a group that are fine, or skipped.
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
	p := printer{TextOptions: o, lang: r.Lang, goos: r.OS}
	for _, name := range names {
		p.line(p.paint("1", p.word(name)))
		for _, result := range p.fold(groups[name]) {
			p.result(result)
		}
		p.line("")
	}
	var counts []string
	for _, c := range []struct {
		s         Status
		one, more string
	}{{OK, "ok", "ok"}, {Info, "info", "info"}, {Warn, "warning", "warnings"}, {Error, "error", "errors"}, {Unknown, "unknown", "unknown"}, {Skip, "skipped", "skipped"}} {
		word := c.more
		if r.Counts[c.s] == 1 {
			word = c.one
		}
		counts = append(counts, fmt.Sprintf("%d %s", r.Counts[c.s], p.word(word)))
	}
	p.line(strings.Join(counts, p.word(", ")))
	p.line(p.verdict(r.Results))
	_, err := io.WriteString(w, p.String())
	return err
}

// printer collects the text.
type printer struct {
	strings.Builder
	TextOptions
	lang, goos string
}

// fold prints how many of a group are fine, or skipped, if they are several, and returns the
// others.
func (p *printer) fold(results []Result) (others []Result) {
	if p.Verbose {
		return results
	}
	for _, s := range []struct {
		status Status
		text   string
	}{{Skip, "%d are skipped"}, {OK, "%d are fine"}} {
		n := 0
		for _, r := range results {
			if r.Status == s.status {
				n++
			}
		}
		if n > 1 {
			p.line("  " + p.mark(s.status) + " " + fmt.Sprintf(p.word(s.text), n))
			results = slices.DeleteFunc(slices.Clone(results), func(r Result) bool { return r.Status == s.status })
		}
	}
	return results
}

// verdict summarizes a report in one sentence.
func (p *printer) verdict(results []Result) string {
	for _, s := range []struct {
		status Status
		text   string
	}{{Error, "Fix these errors, in this order: %s."}, {Warn, "No errors, but these may cause trouble later: %s."},
		{Unknown, "No problems found, but these checks could not be made: %s."}} {
		var ids []string
		for _, r := range results {
			if r.Status == s.status {
				ids = append(ids, r.ID)
			}
		}
		if ids != nil {
			return fmt.Sprintf(p.word(s.text), strings.Join(ids, p.word("and")))
		}
	}
	return p.word("No problems found.")
}

func (p *printer) mark(s Status) string {
	mark := marks[s][1]
	if p.Unicode {
		mark = marks[s][0]
	}
	return p.paint(marks[s][2], mark)
}

func (p *printer) line(s string) {
	p.WriteString(s)
	p.WriteByte('\n')
}

func (p *printer) word(s string) string {
	if zh := chinese[s]; p.lang == "zh" && zh != "" {
		return zh
	}
	if s == "and" { // between the items of a list
		return ", "
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
	p.line(fmt.Sprintf("  %s %-14s %s", p.mark(r.Status), r.ID, r.Summary))
	if severity[r.Status] <= severity[OK] {
		return
	}
	for _, e := range r.Evidence {
		p.line(indent + p.paint(dim, e))
	}
	var notes []string
	if r.NeedsAdmin && p.goos == "windows" { // elsewhere the fix has its sudo
		notes = append(notes, p.word("as administrator"))
	}
	if r.Reboot {
		notes = append(notes, p.word("then restart"))
	}
	fixes := p.fixes(r.Fix)
	if len(notes) > 0 && len(fixes) > 0 {
		p.line(indent + p.paint(dim, fmt.Sprintf(p.word("(%s)"), strings.Join(notes, p.word("; ")))))
	}
	for _, fix := range fixes {
		p.line(indent + fix)
	}
	if r.Doc != "" && (r.Status != Info || r.Fix == nil) {
		p.line(indent + p.paint(dim, r.Doc))
	}
}

// fixes returns the lines that say what to type.
func (p *printer) fixes(f *Fix) []string {
	if f == nil {
		return nil
	}
	var out []string
	if f.Do != "" {
		out = append(out, f.Do)
	}
	by := map[string]string{"cmd": f.Cmd, "powershell": f.PowerShell, "sh": f.Sh}
	if command := by[p.Shell]; command != "" {
		return append(out, "> "+command)
	}
	if f.Cmd == f.PowerShell && f.Cmd == f.Sh && f.Cmd != "" {
		return append(out, "> "+f.Cmd)
	}
	for _, shell := range []string{"cmd", "powershell", "sh"} {
		if by[shell] != "" {
			out = append(out, fmt.Sprintf("%-10s > %s", shell, by[shell]))
		}
	}
	return out
}
