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
	Lang    string
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

// Text writes a report for people: groups, the worst last in each and the worst
// group last, then a count.
func (r Report) Text(w io.Writer, o TextOptions) error {
	groups := map[string][]Result{}
	var names []string
	for _, result := range r.Results {
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
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "%s\n", o.paint("1", name))
		for _, result := range groups[name] {
			o.result(&b, result)
		}
		b.WriteByte('\n')
	}
	count := func(en, zh string, s Status) string {
		return fmt.Sprintf("%d %s", r.Counts[s], (&Facts{Lang: o.Lang}).text(en, zh))
	}
	b.WriteString(strings.Join([]string{count("ok", "正常", OK), count("info", "提示", Info), count("warnings", "警告", Warn),
		count("errors", "错误", Error), count("unknown", "未知", Unknown), count("skipped", "跳过", Skip)}, ", ") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func (o TextOptions) result(b *strings.Builder, r Result) {
	mark := marks[r.Status][1]
	if o.Unicode {
		mark = marks[r.Status][0]
	}
	fmt.Fprintf(b, "  %s %-14s %s\n", o.paint(marks[r.Status][2], mark), r.ID, r.Summary)
	if severity[r.Status] <= severity[OK] {
		return
	}
	for _, e := range r.Evidence {
		fmt.Fprintf(b, "      %s\n", o.paint("90", e))
	}
	var notes []string
	if r.NeedsAdmin {
		notes = append(notes, (&Facts{Lang: o.Lang}).text("as administrator", "需要管理员权限"))
	}
	if r.Reboot {
		notes = append(notes, (&Facts{Lang: o.Lang}).text("then restart", "之后需要重启"))
	}
	note := ""
	if len(notes) > 0 {
		note = "  (" + strings.Join(notes, "; ") + ")"
	}
	for _, fix := range o.fixes(r.Fix) {
		fmt.Fprintf(b, "      %s%s\n", fix, note)
	}
	if r.Doc != "" && r.Status != Info {
		fmt.Fprintf(b, "      %s\n", o.paint("90", r.Doc))
	}
}

// fixes returns the lines that say what to type.
func (o TextOptions) fixes(f *Fix) []string {
	if f == nil {
		return nil
	}
	by := map[string]string{"cmd": f.Cmd, "powershell": f.PowerShell, "sh": f.Sh}
	if command := by[o.Shell]; command != "" {
		return []string{"> " + command}
	}
	if f.Cmd == f.PowerShell && f.Cmd == f.Sh && f.Cmd != "" {
		return []string{"> " + f.Cmd}
	}
	var out []string
	for _, shell := range []string{"cmd", "powershell", "sh"} {
		if by[shell] != "" {
			out = append(out, shell+"> "+by[shell])
		}
	}
	return out
}

func (o TextOptions) paint(sgr, s string) string {
	if !o.Color {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

// langOf returns the language that a locale's or Windows language's name stands for.
func langOf(name string) string {
	if strings.HasPrefix(strings.ToLower(name), "zh") {
		return "zh"
	}
	return "en"
}

// encodingOf returns the encoding in a POSIX locale's name.
func encodingOf(locale string) string {
	_, encoding, ok := strings.Cut(locale, ".")
	if !ok {
		return "ASCII (" + locale + ")"
	}
	encoding, _, _ = strings.Cut(encoding, "@")
	if e := strings.ToUpper(strings.ReplaceAll(encoding, "-", "")); e == "UTF8" {
		return "UTF-8"
	}
	return encoding
}
