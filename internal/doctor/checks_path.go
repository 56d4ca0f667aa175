package doctor

import (
	"slices"
	"strings"
)

func goBin(f *Facts) Result {
	p := f.Path
	value, place := f.Go.where("GOBIN")
	if value != "" && !isAbs(f.OS, value) {
		r := f.result(Error, "GOBIN must be absolute: go install refuses", "GOBIN 必须是绝对路径：go install 会拒绝")
		r.Evidence, r.Fix, r.NeedsAdmin, r.Doc = []string{"GOBIN=" + value + f.in(place)}, f.unset("GOBIN", place), needsAdmin(place), docEnv
		return r
	}
	onPath := slices.ContainsFunc(p.Dirs, func(dir string) bool { return dir != "" && samePath(f.OS, dir, p.Bin) })
	switch {
	case onPath:
		return f.result(OK, "the programs of go install are on PATH: %s", "go install 安装的程序在 PATH 上：%s", p.Bin)
	case len(p.Has) == 0:
		return f.result(OK, "go install has installed nothing yet", "go install 尚未安装任何程序")
	}
	r := f.result(Warn, "the programs of go install are not on PATH: %s", "go install 安装的程序不在 PATH 上：%s", strings.Join(p.Has[:min(3, len(p.Has))], f.comma()))
	r.Evidence, r.Fix, r.Doc = []string{p.Bin}, f.lastOnPath(p.Bin), "https://pkg.go.dev/cmd/go#hdr-Compile_and_install_packages_and_dependencies"
	return r
}

func pathCut(f *Facts) Result {
	if f.Path.Cut == "" {
		return f.result(OK, "PATH is whole", "PATH 完整")
	}
	r := f.result(Warn, "PATH was cut off at 1,024 characters, as by setx: the rest is lost", "PATH 在第 1024 个字符处被截断（setx 会这样做）：其后的内容已丢失")
	r.Evidence, r.Doc = []string{f.text("its last entry: %s", "最后一项：%s", f.Path.Cut)}, "https://learn.microsoft.com/windows-server/administration/windows-commands/setx"
	r.Fix = &Fix{Do: f.text("Add what is missing in System Properties, Environment Variables.", "在“系统属性”的“环境变量”中补上缺少的内容。"),
		Cmd: "rundll32.exe sysdm.cpl,EditEnvironmentVariables", PowerShell: "rundll32.exe 'sysdm.cpl,EditEnvironmentVariables'", Sh: "rundll32.exe sysdm.cpl,EditEnvironmentVariables"}
	return r
}

// synced are the beginnings of the names of directories that a program keeps the same as those of
// another machine: it holds files open, replaces them, or leaves them elsewhere.
var synced = []string{"onedrive", "dropbox", "google drive", "googledrive", "icloud drive", "iclouddrive", "mobile documents", "cloudstorage", "坚果云", "nutstore"}

func pathSync(f *Facts) Result {
	var evidence []string
	var fixes []*Fix
	for _, name := range []string{"GOPATH", "GOMODCACHE", "GOCACHE", "GOTMPDIR"} {
		value := f.Go.Env[name]
		if name == "GOMODCACHE" && len(evidence) > 0 && inside(f.OS, value, f.Go.Env["GOPATH"]) {
			continue // it moves with that
		}
		for _, part := range strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return r == '/' || r == '\\' }) {
			if slices.ContainsFunc(synced, func(prefix string) bool { return strings.HasPrefix(part, prefix) }) {
				evidence = append(evidence, name+"="+value)
				fixes = append(fixes, f.assign(name, f.outOfSync(name)))
				break
			}
		}
	}
	if evidence == nil {
		return f.result(OK, "none of go's directories is synchronised", "go 的目录都不在同步盘中")
	}
	r := f.result(Warn, "go's files are in a synchronised directory (OneDrive or similar): builds are slow, and files may be in use", "go 的文件位于同步盘（OneDrive 等）之内：构建缓慢，文件被占用")
	r.Evidence, r.Fix, r.Doc = evidence, chain(fixes...), docEnv
	return r
}

func (f *Facts) outOfSync(name string) *Fix {
	dir := map[string]string{"GOPATH": "go", "GOMODCACHE": "gomodcache", "GOCACHE": "gocache", "GOTMPDIR": "gotmp"}[name]
	if f.OS == "windows" {
		return inRoot(name, dir)
	}
	return inHome(f.OS, name, dir)
}

// comma separates the items of a list.
func (f *Facts) comma() string { return f.text(", ", "、") }
