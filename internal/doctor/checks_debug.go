package doctor

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/version"
	"slices"
	"strings"
)

func dbgDlv(f *Facts) Result {
	d := f.Debug
	modes, err := launchModes(d.Launch)
	var r Result
	switch {
	case d.Verdict == "unknown":
		return f.unknown(d.Reason)
	case d.Verdict == "optimized":
		r = f.result(Warn, "breakpoints may miss in this program: it is optimised", "该程序经过优化，断点可能无效")
		r.Evidence, r.Fix = []string{d.Binary, d.Reason}, program(d.Fix)
	case d.Verdict == "stripped":
		r = f.result(Warn, "few breakpoints can be set in this program: it has no debug information", "该程序没有调试信息，几乎无法设置断点")
		r.Evidence, r.Fix = []string{d.Binary, d.Reason}, program(d.Fix)
	case d.Verdict == "main only":
		r = f.result(Warn, "breakpoints hit only in a part of this program: -gcflags needs all=", "断点只在该程序的一部分中有效：-gcflags 需要 all=")
		r.Evidence, r.Fix = []string{d.Binary, d.Reason}, program(d.Fix)
	case err != nil:
		r = f.result(Warn, ".vscode/launch.json can't be read", "无法解析 .vscode/launch.json")
		r.Evidence, r.Fix = []string{err.Error()}, program("code .vscode/launch.json")
	case d.Verdict == "debuggable":
		return f.result(OK, "breakpoints will hit", "断点有效")
	case slices.Contains(modes, "exec"):
		r = f.result(Info, ".vscode/launch.json starts an existing program: build it without optimisation", ".vscode/launch.json 启动已构建的程序：请关闭优化后构建")
		r.Evidence = []string{`go build -gcflags="all=-N -l"`}
	case d.Launch != "":
		return f.result(OK, ".vscode/launch.json makes the debugger build the program", ".vscode/launch.json 由调试器构建程序")
	default:
		return f.result(Skip, "no program was named (--binary FILE), and there is no .vscode/launch.json", "没有指定程序（--binary FILE），也没有 .vscode/launch.json")
	}
	r.Doc = "https://github.com/go-delve/delve/blob/master/Documentation/usage/dlv_exec.md"
	return r
}

func goTools(f *Facts) Result {
	var evidence []string
	var fixes []*Fix
	d := f.Dev
	have := version.Lang(cmp.Or(f.Tools.Found[0].Version, f.Go.Env["GOVERSION"]))
	want, _ := f.Go.wants()
	// Delve 1.25 takes programs of Go 1.25 at most, and so on.
	if supports := delveSupports(d.Dlv.Version); supports != "" && version.Compare(supports, have) < 0 {
		evidence = append(evidence, fmt.Sprintf("%s %s: %s", d.Dlv.Path, d.Dlv.Version, supports))
		fixes = append(fixes, program("go install github.com/go-delve/delve/cmd/dlv@latest"))
	}
	// The type checker in gopls is that of the Go that it was built with.
	newest := version.Lang(slices.MaxFunc([]string{have, want}, version.Compare))
	if built := version.Lang(d.Gopls.Go); built != "" && version.Compare(built, newest) < 0 {
		evidence = append(evidence, fmt.Sprintf("%s %s: %s", d.Gopls.Path, d.Gopls.Version, d.Gopls.Go))
		fixes = append(fixes, program("go install golang.org/x/tools/gopls@latest"))
	}
	switch {
	case evidence != nil:
		r := f.result(Warn, "delve or gopls is older than Go: it may refuse to work", "delve 或 gopls 比 Go 旧：可能拒绝工作")
		r.Evidence, r.Fix, r.Doc = evidence, chain(fixes...), "https://github.com/go-delve/delve/blob/master/Documentation/faq.md"
		return r
	case d.Dlv.Path == "" && d.Gopls.Path == "":
		return f.result(Skip, "neither delve nor gopls is installed", "没有 delve 和 gopls")
	}
	return f.result(OK, "delve and gopls suit this Go", "delve 和 gopls 与 Go 版本相符")
}

// delveSupports returns the newest Go whose programs a release of Delve takes; "" is one that was
// not released.
func delveSupports(release string) string {
	var minor int
	if _, err := fmt.Sscanf(release, "v1.%d.", &minor); err != nil {
		return ""
	}
	return fmt.Sprintf("go1.%d", minor)
}

// launchModes returns the modes of the Go configurations in a launch.json, which is JSON with
// comments.
func launchModes(text string) (modes []string, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var launch struct {
		Configurations []struct{ Type, Mode string }
	}
	if err := json.Unmarshal(stripComments([]byte(text)), &launch); err != nil {
		return nil, err
	}
	for _, c := range launch.Configurations {
		if c.Type == "go" {
			modes = append(modes, c.Mode)
		}
	}
	return modes, nil
}

// stripComments blanks the comments and trailing commas of JSON with comments. The result is as
// long as data, so that errors have the right offset.
func stripComments(data []byte) []byte {
	out := slices.Clone(data)
	comma := -1 // the last comma, if only white space and comments came since
	for i := 0; i < len(out); i++ {
		switch rest := out[i:]; {
		case rest[0] == '"':
			i += stringLen(rest) - 1
			comma = -1
		case bytes.HasPrefix(rest, []byte("//")), bytes.HasPrefix(rest, []byte("/*")):
			comment := rest[:commentLen(rest)]
			for j, c := range comment {
				if c != '\n' {
					comment[j] = ' '
				}
			}
			i += len(comment) - 1
		case rest[0] == ',':
			comma = i
		case rest[0] == '}' || rest[0] == ']':
			if comma >= 0 {
				out[comma] = ' '
			}
			comma = -1
		case !strings.ContainsRune(" \t\r\n", rune(rest[0])):
			comma = -1
		}
	}
	return out
}

// stringLen is the length of the JSON string at the beginning of s.
func stringLen(s []byte) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// commentLen is the length of the comment at the beginning of s.
func commentLen(s []byte) int {
	end, extra := "\n", 0
	if s[1] == '*' {
		end, extra = "*/", 2
	}
	if n := bytes.Index(s[2:], []byte(end)); n >= 0 {
		return 2 + n + extra
	}
	return len(s)
}
