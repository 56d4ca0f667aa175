package doctor

import (
	"cmp"
	"fmt"
	"go/version"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

const docToolchain = "https://go.dev/doc/toolchain"

// toolchainOf reads a value of GOTOOLCHAIN: the release that it names, "" for the one that is
// there, and whether go may take a newer one, by download or from PATH only.
func toolchainOf(value string) (release, how string, ok bool) {
	release, how, _ = strings.Cut(value, "+")
	switch release {
	case "auto", "path":
		if how != "" {
			return "", "", false
		}
		release, how = "", release
	case "local":
		release = ""
	default:
		release, _, _ = strings.Cut(release, "-") // go1.26.8-custom
		ok = version.IsValid(release)
		return release, how, ok && (how == "" || how == "auto" || how == "path")
	}
	return release, how, how == "" || how == "auto" || how == "path"
}

func goVersion(f *Facts) Result {
	g := f.Go
	have := cmp.Or(f.Tools.Found[0].Version, g.Env["GOVERSION"])
	want, file := g.wants()
	_, place := g.where("GOTOOLCHAIN")
	fixed, how, ok := toolchainOf(g.Toolchain)
	if !ok { // go.build has it
		fixed, how = "", "auto"
	}
	if version.Compare(have, "go1.21") < 0 { // which knows of no tool chains
		fixed, how = "", ""
	}
	used := cmp.Or(fixed, have)
	enough := version.Compare(want, used) <= 0
	if how != "" {
		used = slices.MaxFunc([]string{used, want, cmp.Or(asToolchain(g.Mod.Toolchain), used)}, version.Compare)
	}
	there := used == have || slices.Contains(g.Toolchains, used)
	oldest := oldestSupported(f.Now)
	var r Result
	switch {
	case farAhead(want, oldest):
		r = f.result(Error, "%s wants %s, which does not exist", "%s 要求 %s，而该版本不存在", file, want)
		r.Fix = &Fix{Do: f.text("Set the release that the project needs in %s: go %s.", "在 %s 中写入项目所需的版本：go %s。", file, strings.TrimPrefix(version.Lang(have), "go"))}
	case farAhead(fixed, oldest):
		r = f.result(Error, "GOTOOLCHAIN is %s, which does not exist", "GOTOOLCHAIN 为 %s，而该版本不存在", fixed)
		r.Fix = f.freeToolchain(place)
	case !enough && how == "":
		r = f.result(Error, "%s wants %s, and the go that is used is %s", "%s 要求 %s，而使用的 go 是 %s", file, want, used)
		if r.Fix = f.upgradeGo(); version.Compare(have, "go1.21") >= 0 {
			r.Fix = f.freeToolchain(place)
		}
	case !there && (how == "path" || strings.HasPrefix(g.Env["GOPROXY"], "off")):
		r = f.result(Error, "%s is needed but not installed, and downloads are disabled", "需要 %s，但本机没有，又不允许下载", used)
		if r.Fix = f.upgradeGo(); how == "path" {
			r.Fix = f.freeToolchain(place)
		}
	case version.Compare(used, oldest) < 0 && !strings.HasPrefix(used, "devel"):
		r = f.result(Warn, "%s is no longer supported: %s is the oldest supported release", "%s 已停止维护：仍受维护的最旧版本是 %s", used, oldest)
		if r.Fix = f.upgradeGo(); fixed != "" {
			r.Fix = f.freeToolchain(place)
		}
	case !there:
		r = f.result(Info, "the next build downloads %s: %s is installed", "下次构建会下载 %s：本机为 %s", used, have)
	case want != "":
		return f.result(OK, "%s, and %s wants %s", "%s，%s 要求 %s", used, file, want)
	default:
		return f.result(OK, "%s is supported", "%s 仍受维护", used)
	}
	r.Evidence = []string{f.Tools.Found[0].Path + "  " + have, "GOTOOLCHAIN=" + g.Toolchain}
	if want != "" {
		r.Evidence = append(r.Evidence, file+": "+want)
	}
	r.NeedsAdmin, r.Doc = needsAdmin(place) && r.Status == Error, docToolchain
	return r
}

func asToolchain(name string) string {
	if name == "default" {
		return ""
	}
	return name
}

// farAhead reports whether there can be no such release yet.
func farAhead(release, oldest string) bool {
	var minor, first int
	if _, err := fmt.Sscanf(version.Lang(release), "go1.%d", &minor); err != nil {
		return false
	}
	fmt.Sscanf(oldest, "go1.%d", &first) // it is one of ours
	const supported, candidates = 2, 2
	return minor >= first+supported+candidates
}

// freeToolchain lets go take the release that a project wants.
func (f *Facts) freeToolchain(place string) *Fix {
	if place == "" || place == goEnvPlace {
		return program("go env -w GOTOOLCHAIN=auto")
	}
	if _, how, _ := toolchainOf(f.Go.Fallback); how == "auto" {
		return f.unset("GOTOOLCHAIN", place)
	}
	return chain(f.unset("GOTOOLCHAIN", place), program("go env -w GOTOOLCHAIN=auto"))
}

func (f *Facts) upgradeGo() *Fix {
	switch f.OS {
	case "windows":
		return program("winget upgrade --exact --id GoLang.Go")
	case "darwin":
		return program("brew upgrade go")
	}
	return f.getGo()
}

// runsToo are the systems and architectures whose programs a machine runs besides its own.
var runsToo = map[string][]string{
	"windows/amd64": {"windows/386"}, "linux/amd64": {"linux/386"}, "windows/arm64": {"windows/amd64", "windows/386"}, "darwin/arm64": {"darwin/amd64"},
}

func goTarget(f *Facts) Result {
	env := f.Go.Env
	machine := cmp.Or(env["GOHOSTOS"], f.OS) + "/" + cmp.Or(env["GOHOSTARCH"], f.Arch)
	target := cmp.Or(env["GOOS"], f.OS) + "/" + cmp.Or(env["GOARCH"], f.Arch)
	if target == machine || slices.Contains(runsToo[machine], target) {
		return f.result(OK, "go builds for this machine: %s", "go 为本机构建：%s", target)
	}
	r := f.result(Error, "go builds for %s, and this machine is %s: go run and go test can't run what they build", "go 为 %s 构建，而本机是 %s：go run 和 go test 无法运行所构建的程序", target, machine)
	var fixes []*Fix
	for _, name := range []string{"GOOS", "GOARCH"} {
		if value, place := f.Go.where(name); value != "" {
			r.Evidence = append(r.Evidence, name+"="+value+f.in(place))
			fixes = append(fixes, f.unset(name, place))
			r.NeedsAdmin = r.NeedsAdmin || needsAdmin(place)
		}
	}
	r.Fix, r.Doc = chain(fixes...), docEnv
	if fixes == nil {
		r.Fix = nil
	}
	return r
}

// judgedElsewhere are the variables that stop go and have checks of their own.
var judgedElsewhere = map[string]string{"GOROOT": "go.goroot", "GOPATH": "go.gopath", "GO111MODULE": "go.mode"}

func goBuild(f *Facts) Result {
	g := f.Go
	if _, _, ok := toolchainOf(g.Toolchain); !ok {
		return f.guilty("GOTOOLCHAIN", "local", "")
	}
	if f.Go.Work != "" && g.Refusal == "" && g.Module != "" && !g.WorkMod.uses(filepath.Dir(g.Work), g.Module) {
		return f.notInWork()
	}
	if g.Refusal == "" {
		return f.result(OK, "go accepts its variables, go.mod and go.work", "go 接受其环境变量、go.mod 和 go.work")
	}
	for _, name := range slices.Sorted(maps.Keys(g.Guilty)) {
		if judgedElsewhere[name] == "" {
			return f.guilty(name, map[string]string{"GOEXPERIMENT": "none", "GOCACHE": g.TempDir, "GOTMPDIR": g.TempDir}[name], g.Guilty[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(judgedElsewhere)) {
		if g.Guilty[name] != "" {
			return f.result(Skip, "see %s", "见 %s", judgedElsewhere[name])
		}
	}
	if goVersion(f).Status == Error {
		return f.result(Skip, "see %s", "见 %s", "go.version")
	}
	if f.Sum != nil && goSum(f).Status == Error {
		return f.result(Skip, "see %s", "见 %s", "go.sum")
	}
	r := f.result(Error, "go refuses to work in this directory", "go 拒绝在此目录中工作")
	r.Evidence, r.Doc = []string{f.late(g.Refusal)}, docModules
	return r
}

// guilty is the result for a variable that stops every build.
func (f *Facts) guilty(name, good, said string) Result {
	value, place := f.Go.where(name)
	r := f.result(Error, "go refuses to build with this %s", "go 拒绝使用这个 %s 构建", name)
	r.Evidence = []string{variable(name, value) + f.in(place)}
	if said != "" {
		r.Evidence = append(r.Evidence, said)
	}
	r.Fix, r.NeedsAdmin, r.Doc = f.unset(name, place), needsAdmin(place), docEnv
	if good != "" {
		r.Fix = f.unsetRefused(name, place, good)
	}
	return r
}

func (f *Facts) notInWork() Result {
	g := f.Go
	r := f.result(Error, "this module is not in go.work: go builds nothing here", "此模块不在 go.work 之中：go 在此无法构建")
	r.Evidence, r.Doc = []string{g.Work, g.Module}, "https://go.dev/ref/mod#workspaces"
	if _, place := g.where("GOWORK"); place != "" {
		r.Fix, r.NeedsAdmin = f.unset("GOWORK", place), needsAdmin(place)
		return r
	}
	r.Fix = program(`go work use "` + g.Module + `"`)
	return r
}
