package doctor

import "strings"

func goVCS(f *Facts) Result {
	v, g := f.VCS, f.Go
	const doc = "https://git-scm.com/docs/git-config#Documentation/git-config.txt-safedirectory"
	stamps := !strings.Contains(g.Env["GOFLAGS"], "-buildvcs=false")
	var r Result
	switch {
	case v.Git == "" && (g.Env["GOPRIVATE"] != "" || strings.HasPrefix(g.Env["GOPROXY"], "direct")):
		r = f.result(Error, "git is not on PATH: modules that come from their repositories can't be downloaded", "PATH 上没有 git：无法下载直接来自代码库的模块")
		r.Fix = f.getGit()
	case v.Git == "" && v.Root != "":
		r = f.result(Warn, "git is not on PATH: programs are built without their revision", "PATH 上没有 git：构建的程序不含版本信息")
		r.Evidence, r.Fix = []string{v.Root}, f.getGit()
	case v.Git == "":
		return f.result(Skip, "git is not on PATH", "PATH 上没有 git")
	case v.Root == "":
		return f.result(OK, "git is installed; this is not a repository", "有 git；这里不是代码库")
	case strings.Contains(v.Err, "dubious ownership") && stamps:
		r = f.result(Error, "git rejects the repository, which another account owns: go build fails with \"error obtaining VCS status\"", "代码库属于其他用户，git 拒绝访问：go build 会报 “error obtaining VCS status”")
		r.Evidence, r.Fix = []string{v.Root}, program(`git config --global --add safe.directory "`+strings.ReplaceAll(v.Root, `\`, "/")+`"`)
	case v.Err != "" && stamps:
		r = f.result(Error, "git can't read the repository: go build fails with \"error obtaining VCS status\"", "git 无法读取代码库：go build 会报 “error obtaining VCS status”")
		r.Evidence, r.Fix = []string{v.Root, f.late(v.Err)}, f.assign("GOFLAGS", goEnvW("GOFLAGS", "-buildvcs=false"))
		if g.Env["GOFLAGS"] != "" { // which would be lost
			r.Fix = &Fix{Do: f.text("Build with -buildvcs=false, or repair the repository.", "使用 -buildvcs=false 构建，或修复代码库。")}
		}
	default:
		return f.result(OK, "git can read the repository: %s", "git 可读取代码库：%s", v.Root)
	}
	r.Doc = doc
	return r
}

func (f *Facts) getGit() *Fix {
	switch f.OS {
	case "windows":
		return program("winget install --exact --id Git.Git")
	case "darwin":
		return program("xcode-select --install")
	}
	return &Fix{Do: f.text("Install the package git.", "安装软件包 git。")}
}
