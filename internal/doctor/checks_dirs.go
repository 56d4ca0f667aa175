package doctor

import "strings"

func goModCache(f *Facts) Result { return goDir(f, "GOMODCACHE", f.Dirs.ModCache) }
func goCache(f *Facts) Result    { return goDir(f, "GOCACHE", f.Dirs.Cache) }

// goDir judges whether the directory that a variable of Go's names can be used.
func goDir(f *Facts, name, problem string) Result {
	dir := f.Go.Env[name]
	if problem == "" && dir != "" && dir != "off" {
		return f.result(OK, "%s can be written: %s", "%s 可写：%s", name, dir)
	}
	r := f.result(Error, "%s can't be written", "%s 不可写", name)
	r.Evidence, r.Fix = []string{name + "=" + dir, problem}, f.Go.assign(name, inHome(f.OS, name, strings.ToLower(name)))
	if problem == "" { // go says off where the variable has no path, and where there is no home directory
		r = f.result(Error, "%s is not a directory, and go can't build without", "%s 不是目录，没有它 go 无法构建", name)
		r.Evidence, r.Fix = []string{name + "=" + dir}, giveHome()
		if _, place := f.Go.where(name); place != "" {
			r.Fix = unset(name, place)
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
		r = f.result(Error, "the temporary directory can't be written: nothing builds", "临时目录不可写：无法构建")
	case f.Dirs.Exec != "":
		r = f.result(Error, "programs can't be run from the temporary directory: go run and go test fail", "临时目录中的程序不能运行：go run 和 go test 会失败")
	default:
		return f.result(OK, "the temporary directory can be written and runs programs: %s", "临时目录可写，也能运行程序：%s", dir)
	}
	r.Evidence = []string{dir, f.Dirs.Tmp + f.Dirs.Exec}
	r.Fix, r.Doc = f.Go.assign("GOTMPDIR", inHome(f.OS, "GOTMPDIR", "gotmp")), docEnv
	return r
}

func goSum(f *Facts) Result {
	switch {
	case f.Sum.Module == "":
		return f.result(Skip, "there is no module here", "这里没有模块")
	case f.Sum.Missing != "":
		r := f.result(Unknown, "the modules of this project are not all downloaded yet", "本项目的模块尚未全部下载")
		r.Evidence, r.Fix = []string{f.Sum.Missing}, program("go mod download")
		return r
	case len(f.Sum.Modified) == 0:
		return f.result(OK, "downloaded modules are as they were", "已下载的模块未被改动")
	}
	r := f.result(Error, "the module cache has been changed since it was downloaded", "模块缓存在下载之后被改动")
	r.Evidence, r.Fix, r.Doc = f.Sum.Modified, program("go clean -modcache"), docModules+"#go-mod-verify"
	return r
}

// verified reads what go mod verify has printed: the modules that were
// changed. It is not localised.
func verified(out string) (modified []string) {
	for line := range strings.Lines(out) {
		line = strings.TrimSpace(line)
		for _, sign := range []string{"has been modified", "checksum mismatch", "missing ziphash"} {
			if strings.Contains(line, sign) {
				modified = append(modified, line)
				break
			}
		}
	}
	return modified
}
