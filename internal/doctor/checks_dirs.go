package doctor

import "strings"

func goModCache(f *Facts) Result {
	return f.cacheDir("GOMODCACHE", f.Dirs.ModCache, f.Dirs.Foreign)
}

func goCache(f *Facts) Result { return f.cacheDir("GOCACHE", f.Dirs.Cache, f.Dirs.CacheForeign) }

func (f *Facts) cacheDir(name, problem string, foreign []string) Result {
	if problem != "" || foreign == nil {
		return goDir(f, name, problem)
	}
	r := f.result(Error, "parts of %s belong to another account, as after sudo go: they can't be written", "%s 的一部分属于其他用户（sudo go 所致），不可写", name)
	r.Evidence, r.Doc = foreign, docModules+"#module-cache"
	r.Fix = &Fix{Sh: `sudo chown -R "$(id -u):$(id -g)" ` + shQuote(f.Go.Env[name])}
	return r
}

// goDir judges whether the directory that a variable of Go's names can be used.
func goDir(f *Facts, name, problem string) Result {
	dir := f.Go.Env[name]
	if _, place := f.Go.where(name); dir != "off" && dir != "" && !isAbs(f.OS, dir) {
		r := f.result(Error, "%s must be absolute", "%s 必须是绝对路径", name)
		r.Evidence, r.Fix, r.Doc = []string{name + "=" + dir}, f.unset(name, place), docEnv
		return r
	}
	if problem == "" && dir != "" && dir != "off" {
		return f.result(OK, "%s can be written: %s", "%s 可写：%s", name, dir)
	}
	r := f.result(Error, "%s can't be written", "%s 不可写", name)
	r.Evidence, r.Fix = []string{name + "=" + dir, problem}, f.assign(name, inHome(f.OS, name, strings.ToLower(name)))
	if problem == "" { // go says off where the variable has no path, and where there is no home directory
		r = f.result(Error, "%s is not a directory, and go can't build without it", "%s 不是目录，没有它 go 无法构建", name)
		r.Evidence, r.Fix, r.cause = []string{name + "=" + dir}, giveHome(), homeless
		if _, place := f.Go.where(name); place != "" {
			r.Fix, r.cause = f.unset(name, place), ""
		}
	}
	r.Doc = docEnv
	return r
}

func goTmp(f *Facts) Result {
	dir := f.Go.tmpDir()
	var r Result
	switch {
	case f.Dirs.Tmp != "":
		r = f.result(Error, "the temporary directory is not writable: nothing builds", "临时目录不可写：无法构建")
	case f.Dirs.Exec != "":
		r = f.result(Error, "programs can't be run from the temporary directory: go run and go test fail", "临时目录中的程序不能运行：go run 和 go test 会失败")
	default:
		return f.result(OK, "the temporary directory is writable and can run programs: %s", "临时目录可写，也能运行程序：%s", dir)
	}
	r.Evidence = []string{dir, f.Dirs.Tmp + f.Dirs.Exec}
	r.Fix, r.Doc = f.assign("GOTMPDIR", inHome(f.OS, "GOTMPDIR", "gotmp")), docEnv
	return r
}

func goSum(f *Facts) Result {
	s := f.Sum
	var r Result
	switch {
	case s.Module == "":
		return f.result(Skip, "there is no module here", "这里没有模块")
	case s.Merge:
		r = f.result(Error, "go.sum holds a merge conflict: go refuses to build", "go.sum 含有合并冲突：go 拒绝构建")
		r.Evidence = s.Conflicts
		r.Fix = &Fix{Do: f.text("Delete the conflict markers from go.sum and keep the entries of both sides; go mod tidy removes the superfluous ones.",
			"从 go.sum 中删去冲突标记行，保留双方的条目；多余的条目由 go mod tidy 清除。")}
	case s.Conflicts != nil:
		r = f.result(Error, "go.sum has invalid lines: go refuses to build", "go.sum 含有无效行：go 拒绝构建")
		r.Evidence = s.Conflicts
		r.Fix = &Fix{Do: f.text("Delete these lines from go.sum, then: go mod tidy", "从 go.sum 中删去这些行，然后执行 go mod tidy")}
	case s.Lacks != nil:
		r = f.result(Error, "go.sum lacks entries: go refuses to build", "go.sum 缺少条目：go 拒绝构建")
		r.Evidence, r.Fix = s.Lacks, program("go mod tidy")
	case s.Mismatched != nil:
		r = f.result(Error, "the downloaded modules do not match go.sum: go refuses to build (checksum mismatch)", "已下载的模块与 go.sum 不符：go 拒绝构建（checksum mismatch）")
		r.Evidence = s.Mismatched
		r.Fix = &Fix{Do: f.text("Find out which one is right before you change anything: check the changes of go.sum (git log -p go.sum), and download the module elsewhere.",
			"先弄清哪一方正确，再作修改：查看 go.sum 的改动（git log -p go.sum），并在别处下载该模块。")}
	case s.Modified != nil:
		r = f.result(Error, "the module cache has been changed since it was downloaded", "模块缓存在下载之后被改动")
		var fixes []*Fix
		for _, changed := range s.Modified {
			r.Evidence = append(r.Evidence, changed.Module+": "+changed.Path)
			fixes = append(fixes, setAside(changed.Path)) // go unpacks it again
		}
		r.Fix, r.Doc = chain(fixes...), docModules+"#go-mod-verify"
		return r
	case s.Missing != nil:
		r = f.result(Unknown, "the modules of this project are not all downloaded yet", "本项目的模块尚未全部下载")
		r.Evidence, r.Fix = s.Missing, program("go mod download")
		return r
	case s.Maybe != nil:
		r = f.result(Info, "go.sum has no entries for some modules; it is unknown whether a build needs them", "go.sum 中没有某些模块的条目；未能确定构建是否需要它们")
		r.Evidence = s.Maybe
		return r
	case s.Looked < s.Of:
		return f.result(OK, "go.sum is complete; %d of %d modules were checked and are unchanged (go mod verify checks all)", "go.sum 完整；已检查 %d/%d 个模块，均未被改动（go mod verify 检查全部）", s.Looked, s.Of)
	default:
		return f.result(OK, "go.sum is complete, and downloaded modules are unchanged", "go.sum 完整，已下载的模块未被改动")
	}
	r.Doc = docModules + "#go-sum-files"
	return r
}
