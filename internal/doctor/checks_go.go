package doctor

import (
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
)

const (
	docInstall = "https://go.dev/doc/manage-install"
	docEnv     = "https://pkg.go.dev/cmd/go#hdr-Environment_variables"
	docModules = "https://go.dev/ref/mod"
)

// goReady returns f.Go, or the result for a check that needs it and can't have it.
func goReady(f *Facts) (*GoFacts, *Result) {
	if why, bad := missing(f.Go, func(g *GoFacts) string { return g.Err }); bad {
		r := f.unknown(why)
		return nil, &r
	}
	if len(f.Go.Found) == 0 {
		r := f.skip("there is no go on PATH", "PATH 上没有 go")
		return nil, &r
	}
	return f.Go, nil
}

func goMulti(f *Facts) Result {
	if why, bad := missing(f.Go, func(g *GoFacts) string { return g.Err }); bad {
		return f.unknown(why)
	}
	var evidence, versions, reals []string
	for _, tool := range f.Go.Found {
		evidence = append(evidence, tool.Path+"  "+tool.Version)
		if !slices.Contains(reals, tool.Real) {
			reals = append(reals, tool.Real)
		}
		if !slices.Contains(versions, tool.Version) {
			versions = append(versions, tool.Version)
		}
	}
	switch {
	case len(reals) == 0:
		return Result{Status: Error, Doc: "https://go.dev/doc/install",
			Summary: f.text("no go command is on PATH", "PATH 上找不到 go 命令"),
			Fix: &Fix{Cmd: "winget install GoLang.Go", PowerShell: "winget install GoLang.Go",
				Sh: "export PATH=$PATH:/usr/local/go/bin"}}
	case len(reals) == 1:
		return f.ok("one go on PATH: %s", "PATH 上只有一个 go：%s", f.Go.Found[0].Version)
	}
	first := filepath.Dir(f.Go.Found[0].Path)
	r := Result{Status: Warn, Evidence: evidence, Doc: docInstall,
		Summary: f.text("%d go commands on PATH; the first one is used", "PATH 上有 %d 个 go 命令，使用的是第一个", len(reals)),
		// The directory that is wanted goes first: which one that is, only the user knows.
		Fix: &Fix{Cmd: fmt.Sprintf(`set "PATH=%s;%%PATH%%"`, first), PowerShell: "$env:PATH = " + psQuote(first+";") + " + $env:PATH",
			Sh: "export PATH=" + shQuote(first) + ":\"$PATH\""}}
	if len(versions) == 1 {
		r.Status = Info
	}
	return r
}

func goRoot(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	value, place := g.where("GOROOT")
	if value == "" {
		return f.ok("GOROOT is not set, as it should be", "GOROOT 未设置，正确")
	}
	own := filepath.ToSlash(filepath.Dir(filepath.Dir(g.Found[0].Real)))
	if samePath(f.OS, value, own) {
		return Result{Status: Info, Evidence: []string{"GOROOT=" + value},
			Summary: f.text("GOROOT is set to what go finds by itself: it will be wrong after an update", "GOROOT 与 go 自己找到的相同：升级之后会出错"),
			Fix:     unset("GOROOT", place, g.FileName), NeedsAdmin: place == "machine", Doc: docInstall}
	}
	return Result{Status: Error, Evidence: []string{"GOROOT=" + value + " (" + place + ")", "go: " + own},
		Summary: f.text("GOROOT points to another Go than the one on PATH", "GOROOT 指向的不是 PATH 上的那个 Go"),
		Fix:     unset("GOROOT", place, g.FileName), NeedsAdmin: place == "machine", Doc: docInstall}
}

func goMode(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	value, place := g.where("GO111MODULE")
	switch value {
	case "", "on", "auto":
		return f.ok("modules are on", "模块模式已开启")
	case "off":
		return Result{Status: Error, Evidence: []string{"GO111MODULE=off (" + place + ")"}, Doc: docModules + "#mod-commands",
			Summary: f.text("GO111MODULE=off: go.mod is ignored", "GO111MODULE=off：go.mod 被忽略"),
			Fix:     unset("GO111MODULE", place, g.FileName), NeedsAdmin: place == "machine"}
	}
	return Result{Status: Error, Evidence: []string{"GO111MODULE=" + value + " (" + place + ")"}, Doc: docModules + "#mod-commands",
		Summary: f.text("GO111MODULE has a value that go does not know", "GO111MODULE 的值无效"),
		Fix:     unset("GO111MODULE", place, g.FileName), NeedsAdmin: place == "machine"}
}

func goPath(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	gopath := g.Env["GOPATH"]
	_, place := g.where("GOPATH")
	if gopath == "" {
		return Result{Status: Error, Doc: docEnv,
			Summary: f.text("there is no GOPATH, and no home directory to put one into", "没有 GOPATH，也没有主目录"),
			Fix:     set("GOPATH", map[string]string{"windows": `%USERPROFILE%\go`, "": "$HOME/go"})}
	}
	for _, dir := range splitList(f.OS, gopath) {
		bad := ""
		switch {
		case !isAbs(f.OS, dir):
			bad = f.text("GOPATH must be absolute: %s", "GOPATH 必须是绝对路径：%s", dir)
		case samePath(f.OS, dir, g.Env["GOROOT"]):
			bad = f.text("GOPATH and GOROOT are the same directory: %s", "GOPATH 与 GOROOT 是同一目录：%s", dir)
		}
		if bad != "" {
			return Result{Status: Error, Summary: bad, Evidence: []string{"GOPATH=" + gopath + " (" + place + ")"},
				Fix: unset("GOPATH", place, g.FileName), NeedsAdmin: place == "machine", Doc: docEnv}
		}
		if g.Module != "" && inside(f.OS, g.Module, dir+"/src") {
			return Result{Status: Warn, Evidence: []string{g.Module}, Doc: docModules,
				Summary: f.text("the module lies inside GOPATH/src, where tools of the time before modules look", "模块位于 GOPATH/src 之内"),
				Fix:     move(g.Module)}
		}
	}
	if g.Module != "" && samePath(f.OS, g.Module, g.TempDir) {
		return Result{Status: Error, Evidence: []string{g.Module}, Doc: docModules,
			Summary: f.text("go.mod lies in the root of the temporary directory: go ignores it", "go.mod 位于临时目录的根：go 会忽略它"),
			Fix:     move(g.Module)}
	}
	return f.ok("GOPATH is %s", "GOPATH 为 %s", gopath)
}

func goEnvShadow(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	var evidence, names []string
	for name, inFile := range g.File {
		if value, ok := g.System[name]; ok && value != inFile {
			names = append(names, name)
			evidence = append(evidence, fmt.Sprintf("%s=%s (environment), %s (go env -w)", name, redact(value), redact(inFile)))
		}
	}
	if len(names) == 0 {
		return f.ok("no variable hides what go env -w has written", "没有环境变量遮盖 go env -w 的设置")
	}
	slices.Sort(names)
	slices.Sort(evidence)
	_, place := g.where(names[0])
	return Result{Status: Warn, Evidence: evidence, Doc: docEnv, NeedsAdmin: place == "machine",
		Summary: f.text("%s: the environment hides what go env -w has written", "%s：环境变量遮盖了 go env -w 的设置", strings.Join(names, ", ")),
		Fix:     unset(names[0], place, g.FileName)}
}

func goEnvSession(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	for _, name := range []string{"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GONOPROXY"} {
		value, ok := g.System[name]
		if ok && g.Kept[name] == "" {
			return Result{Status: Info, Evidence: []string{name + "=" + redact(value)}, Doc: docEnv,
				Summary: f.text("%s is set in this session only: a service and the next terminal won't have it", "%s 只在本会话中设置：服务和新终端看不到它", name),
				Fix:     same("go env -w " + name + "=" + redact(value))}
		}
	}
	return f.ok("what is set for modules is kept for later sessions", "模块相关设置对以后的会话同样有效")
}

func goProxy(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	proxy := g.Env["GOPROXY"]
	bad := func(status Status, name, problem string) Result {
		return Result{Status: status, Summary: problem, Evidence: []string{name + "=" + redact(g.Env[name])}, Doc: docModules + "#environment-variables",
			Fix: same("go env -w " + name + "=" + map[string]string{"GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org", "GOPRIVATE": "example.com/private"}[name])}
	}
	entries := strings.FieldsFunc(proxy, func(r rune) bool { return r == ',' || r == '|' })
	for i, entry := range entries {
		entry = strings.TrimSpace(entry)
		switch u, err := url.Parse(entry); {
		case entry == "off" && i == 0:
			return bad(Warn, "GOPROXY", f.text("GOPROXY=off: no module can be downloaded", "GOPROXY=off：无法下载任何模块"))
		case entry == "off", entry == "direct":
			if i < len(entries)-1 {
				return bad(Warn, "GOPROXY", f.text("GOPROXY: nothing after %q is ever asked", "GOPROXY：%q 之后的条目永远不会用到", entry))
			}
		case err != nil || u.Host == "" && u.Scheme != "file":
			return bad(Error, "GOPROXY", f.text("GOPROXY: %q is not a URL, direct or off", "GOPROXY：%q 不是 URL、direct 或 off", redact(entry)))
		case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file":
			return bad(Error, "GOPROXY", f.text("GOPROXY: scheme %q is not https, http or file", "GOPROXY：协议 %q 不是 https、http 或 file", u.Scheme))
		case u.Scheme == "http" && g.Env["GOSUMDB"] == "off":
			return bad(Warn, "GOPROXY", f.text("modules come over plain http and GOSUMDB=off: nobody would notice a change", "模块经明文 http 下载且 GOSUMDB=off：被篡改也无人知晓"))
		}
	}
	if len(entries) == 0 {
		return bad(Error, "GOPROXY", f.text("GOPROXY is empty", "GOPROXY 为空"))
	}
	if g.Env["GOSUMDB"] == "off" {
		return bad(Warn, "GOSUMDB", f.text("GOSUMDB=off: new modules are not verified", "GOSUMDB=off：新模块不会被校验"))
	}
	if strings.Contains(g.Env["GOPRIVATE"], "://") {
		return bad(Error, "GOPRIVATE", f.text("GOPRIVATE takes module path patterns, not URLs", "GOPRIVATE 应为模块路径模式，而不是 URL"))
	}
	if f.Proxy != nil && f.Proxy.Asked && f.Proxy.Err != "" {
		return bad(Error, "GOPROXY", f.text("the proxy does not answer: %s", "代理没有响应：%s", redact(f.Proxy.Err)))
	}
	return f.ok("GOPROXY is %s", "GOPROXY 为 %s", redact(proxy))
}

func goModCache(f *Facts) Result { return goDir(f, "GOMODCACHE") }
func goCache(f *Facts) Result    { return goDir(f, "GOCACHE") }

// goDir judges whether the directory that a variable of Go's names can be written.
func goDir(f *Facts, name string) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	if why, bad := missing(f.Dirs, func(d *DirsFacts) string { return d.Err }); bad {
		return f.unknown(why)
	}
	dir, problem := g.Env[name], f.Dirs.Cache
	if name == "GOMODCACHE" {
		problem = f.Dirs.ModCache
	}
	if problem == "" {
		return f.ok("%s can be written: %s", "%s 可写：%s", name, dir)
	}
	return Result{Status: Error, Evidence: []string{name + "=" + dir, problem}, Doc: docEnv,
		Summary: f.text("%s can't be written", "%s 不可写", name),
		Fix:     goEnvW(f.OS, name, map[string]string{"GOMODCACHE": "gomodcache", "GOCACHE": "gocache"}[name])}
}

func goTmp(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	if why, bad := missing(f.Dirs, func(d *DirsFacts) string { return d.Err }); bad {
		return f.unknown(why)
	}
	dir := tmpDir(g)
	switch {
	case f.Dirs.Tmp != "":
		return Result{Status: Error, Evidence: []string{dir, f.Dirs.Tmp}, Doc: docEnv, Fix: goEnvW(f.OS, "GOTMPDIR", "gotmp"),
			Summary: f.text("the temporary directory can't be written: nothing builds", "临时目录不可写：无法构建")}
	case f.Dirs.Exec != "":
		return Result{Status: Error, Evidence: []string{dir, f.Dirs.Exec}, Doc: docEnv, Fix: goEnvW(f.OS, "GOTMPDIR", "gotmp"),
			Summary: f.text("programs can't be run from the temporary directory: go run and go test fail", "临时目录中的程序不能运行：go run 和 go test 会失败")}
	}
	return f.ok("the temporary directory can be written and runs programs: %s", "临时目录可写，也能运行程序：%s", dir)
}

func goSum(f *Facts) Result {
	if why, bad := missing(f.Sum, func(s *SumFacts) string { return s.Err }); bad {
		return f.unknown(why)
	}
	switch {
	case f.Sum.Module == "":
		return f.skip("there is no module here", "这里没有模块")
	case f.Sum.OK:
		return f.ok("downloaded modules are as they were", "已下载的模块未被改动")
	}
	return Result{Status: Error, Evidence: lines(f.Sum.Output, 5), Doc: docModules + "#go-mod-verify", Fix: same("go clean -modcache"),
		Summary: f.text("the module cache has been changed since it was downloaded", "模块缓存在下载之后被改动")}
}

// where returns the value of a variable of Go's and who sets it: a place of
// Kept, "session", or "goenv".
func (g *GoFacts) where(name string) (value, place string) {
	if value = g.System[name]; value != "" {
		if place = g.Kept[name]; place == "" {
			place = "session"
		}
		return value, place
	}
	if value = g.File[name]; value != "" {
		return value, "goenv"
	}
	return "", ""
}

func tmpDir(g *GoFacts) string {
	if dir := g.Env["GOTMPDIR"]; dir != "" {
		return dir
	}
	return g.TempDir
}
