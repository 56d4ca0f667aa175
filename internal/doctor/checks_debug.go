package doctor

import (
	"bytes"
	"encoding/json"
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
		r = f.result(Warn, "breakpoints hit in a part of this program only: -gcflags needs all=", "断点只在该程序的一部分中有效：-gcflags 需要 all=")
		r.Evidence, r.Fix = []string{d.Binary, d.Reason}, program(d.Fix)
	case err != nil:
		r = f.result(Warn, ".vscode/launch.json can't be read", "无法解析 .vscode/launch.json")
		r.Evidence, r.Fix = []string{err.Error()}, program("code .vscode/launch.json")
	case d.Verdict == "debuggable":
		return f.result(OK, "breakpoints will hit", "断点有效")
	case slices.Contains(modes, "exec"):
		r = f.result(Info, ".vscode/launch.json starts a program as it was built: build it without optimisation", ".vscode/launch.json 启动已构建的程序：请关闭优化后构建")
		r.Fix = program(`go build -gcflags="all=-N -l" -o bin/ ./...`)
	case d.Launch != "":
		return f.result(OK, ".vscode/launch.json has the debugger build the program", ".vscode/launch.json 由调试器构建程序")
	default:
		return f.result(Skip, "no program was named (--binary FILE), and there is no .vscode/launch.json", "没有指定程序（--binary FILE），也没有 .vscode/launch.json")
	}
	r.Doc = "https://github.com/go-delve/delve/blob/master/Documentation/usage/dlv_exec.md"
	return r
}

// launchModes returns the modes of the Go configurations in a launch.json, which
// is JSON with comments.
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

// stripComments blanks the comments and trailing commas of JSON with comments.
// The result is as long as data, so that errors have the right offset.
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
