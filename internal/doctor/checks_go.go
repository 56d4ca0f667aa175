package doctor

import (
	"cmp"
	"go/version"
	"slices"
)

const (
	docInstall = "https://go.dev/doc/manage-install"
	docEnv     = "https://pkg.go.dev/cmd/go#hdr-Environment_variables"
	docModules = "https://go.dev/ref/mod"
)

// broken reports whether the go that is used does not run. One that needs a GOROOT, and has it,
// does.
func (f *Facts) broken() bool {
	return f.Tools != nil && len(f.Tools.Found) > 0 && f.Tools.Found[0].Err != "" && f.Go == nil
}

func goMulti(f *Facts) Result {
	var evidence []string
	var different []GoTool // by what the links lead to
	for i, tool := range f.Tools.Found {
		if i == 0 && tool.Err != "" && !f.broken() {
			tool.Version, tool.Err = f.Go.Env["GOVERSION"], ""
		}
		evidence = append(evidence, tool.Path+"  "+cmp.Or(tool.Version, f.text("does not run", "无法运行")))
		if !slices.ContainsFunc(different, func(t GoTool) bool { return samePath(f.OS, t.Real, tool.Real) }) {
			different = append(different, tool)
		}
	}
	if len(different) == 0 {
		r := f.result(Error, "no go command is on PATH", "PATH 上找不到 go 命令")
		r.Fix, r.Doc = installGo(f), "https://go.dev/doc/install"
		return r
	}
	first := different[0]
	runs := slices.DeleteFunc(slices.Clone(different), func(t GoTool) bool { return t.Err != "" })
	var newest GoTool
	if len(runs) > 0 {
		newest = slices.MaxFunc(runs, func(a, b GoTool) int { return version.Compare(a.Version, b.Version) })
	}
	switch {
	case first.Err != "":
		r := f.result(Error, "the go on PATH does not run", "PATH 上的 go 无法运行")
		r.Evidence, r.Fix, r.Doc = append(evidence, f.late(first.Err)), f.replaceGo(newest), docInstall
		return r
	case len(different) == 1:
		return f.result(OK, "one go on PATH: %s", "PATH 上只有一个 go：%s", first.Version)
	case version.Compare(first.Version, newest.Version) >= 0:
		r := f.result(Info, "%d go commands on PATH; the first one is used, and none is newer", "PATH 上有 %d 个 go 命令；使用第一个，它不比其他的旧", len(different))
		r.Evidence = evidence
		return r
	}
	r := f.result(Warn, "%d go commands on PATH; the first one is used, and it is older than another", "PATH 上有 %d 个 go 命令；使用第一个，但它不是最新的", len(different))
	r.Evidence, r.Fix, r.Doc = evidence, f.firstOnPath(newest.Dir), docInstall
	return r
}

// installGo puts a go on PATH that is there already, or gets one.
func installGo(f *Facts) *Fix {
	switch {
	case f.Tools.OffPath != "":
		return f.firstOnPath(f.Tools.OffPath)
	case f.OS == "windows":
		return program("winget install --exact --id GoLang.Go")
	case f.OS == "darwin":
		return program("brew install go")
	}
	return f.getGo() // each distribution has another way, and most an old version
}

func (f *Facts) getGo() *Fix {
	return &Fix{Do: f.text("Install a current release from https://go.dev/dl/.", "从 https://golang.google.cn/dl/ 安装当前版本。")}
}

// replaceGo puts one that works before a go that doesn't run. What is wrong with that is in its own
// words: a version manager's need another version, and a lone binary its GOROOT.
func (f *Facts) replaceGo(works GoTool) *Fix {
	switch {
	case works.Dir != "":
		return f.firstOnPath(works.Dir)
	case f.Tools.OffPath != "":
		return f.firstOnPath(f.Tools.OffPath)
	}
	return f.getGo()
}

func goRoot(f *Facts) Result {
	value, place := f.Go.where("GOROOT")
	own := f.Tools.Found[0].Root
	switch {
	case value == "":
		return f.result(OK, "GOROOT is not set, as it should be", "GOROOT 未设置，这是正确的")
	case own == "" && f.Go.Guilty["GOROOT"] == "":
		return f.result(OK, "GOROOT is set because the go on PATH needs it: it does not find its own", "GOROOT 是 PATH 上的 go 所需要的：它找不到自己的目录")
	}
	r := f.result(Error, "GOROOT is not that of the go on PATH", "GOROOT 不属于 PATH 上的 go")
	if own != "" && samePath(f.OS, value, own) {
		r = f.result(Info, "GOROOT is set to the value that go finds by itself: it will be wrong after an update", "GOROOT 与 go 自己找到的相同：升级之后会出错")
	}
	r.Evidence = []string{"GOROOT=" + value + f.in(place), f.Tools.Found[0].Path + ": " + own}
	r.Fix, r.NeedsAdmin, r.Doc = f.unsetRefused("GOROOT", place, own), needsAdmin(place), docInstall
	if place == goEnvPlace && f.Go.EnvFile != "" {
		r.Fix = cutFrom(f.Go.EnvFile, "GOROOT")
	}
	return r
}

func goMode(f *Facts) Result {
	value, place := f.Go.where("GO111MODULE")
	var r Result
	switch value {
	case "", "on", "auto":
		return f.result(OK, "modules are on", "模块模式已开启")
	case "off":
		r = f.result(Error, "GO111MODULE=off: go.mod is ignored", "GO111MODULE=off：go.mod 被忽略")
	default:
		r = f.result(Error, "GO111MODULE has a value that go rejects", "GO111MODULE 的值无效，go 拒绝运行")
	}
	r.Evidence = []string{"GO111MODULE=" + value + f.in(place)}
	r.Fix, r.NeedsAdmin, r.Doc = f.unset("GO111MODULE", place), needsAdmin(place), docModules+"#mod-commands"
	return r
}

const homeless = "no home directory"

func goPath(f *Facts) Result {
	g := f.Go
	gopath := g.Env["GOPATH"]
	_, place := g.where("GOPATH")
	bad := func(evidence string, fix *Fix, en, zh string) Result {
		r := f.result(Error, en, zh)
		r.Evidence, r.Fix, r.NeedsAdmin, r.Doc = []string{evidence}, fix, needsAdmin(place), docEnv
		return r
	}
	if gopath == "" {
		r := bad("GOPATH=", giveHome(), "there is no GOPATH, and no home directory for one", "没有 GOPATH，也没有主目录")
		r.cause = homeless
		return r
	}
	for _, dir := range splitList(f.OS, gopath) {
		switch {
		case !isAbs(f.OS, dir):
			return bad("GOPATH="+gopath+f.in(place), f.unsetRefused("GOPATH", place, g.TempDir), "GOPATH must be absolute", "GOPATH 必须是绝对路径")
		case samePath(f.OS, dir, g.Env["GOROOT"]):
			return bad("GOPATH="+gopath+f.in(place), f.unsetRefused("GOPATH", place, g.TempDir), "GOPATH and GOROOT are the same directory", "GOPATH 与 GOROOT 是同一目录")
		case g.Module != "" && inside(f.OS, g.Module, joinPath(f.OS, dir, "src")):
			r := f.result(Info, "the module is inside GOPATH/src, where tools from before modules mistake it for another", "模块位于 GOPATH/src 之内，旧工具会误解它")
			r.Evidence, r.Doc = []string{g.Module}, docEnv
			return r
		}
	}
	if g.Module != "" && samePath(f.OS, g.Module, g.TempDir) {
		mod := joinPath(f.OS, g.Module, "go.mod")
		r := bad(mod, move(mod, "module"), "go.mod is in the root of the temporary directory, where go ignores it", "go.mod 位于临时目录的根，go 会忽略它")
		r.NeedsAdmin, r.Doc = false, docModules
		return r
	}
	return f.result(OK, "GOPATH is %s", "GOPATH 为 %s", gopath)
}
