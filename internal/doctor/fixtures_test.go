package doctor

import (
	"path/filepath"
	"strings"
	"testing"
)

// fixture is a machine: what a healthy one looks like, and what is different.
type fixture struct {
	check, name string
	want        Status
	change      func(f *Facts)
}

// linux makes a fixture's base the Linux one.
func linux(change func(f *Facts)) func(f *Facts) {
	return func(f *Facts) {
		*f = *healthyLinux()
		if change != nil {
			change(f)
		}
	}
}

// mac makes it a Mac's, which differs little.
func mac(change func(f *Facts)) func(f *Facts) {
	return linux(func(f *Facts) {
		f.OS, f.Arch, f.Go.Env["GOARCH"] = "darwin", "arm64", "arm64"
		f.Go.Env["GOOS"], f.Go.Env["GOHOSTOS"], f.Go.Env["GOHOSTARCH"] = "darwin", "darwin", "arm64"
		f.Go.Env["CC"] = "clang"
		f.CC = &CCFacts{CC: "clang", Path: "/usr/bin/clang", Machine: "arm64-apple-darwin24.1.0"}
		change(f)
	})
}

// setVar sets a variable of Go's in the environment, and in force.
func setVar(name, value, kept string) func(f *Facts) {
	return func(f *Facts) {
		f.Go.System[name], f.Go.Env[name] = value, value
		if kept != "" {
			f.Go.Kept[name] = kept
		}
	}
}

// fails makes a gatherer one that has nothing.
func fails(gatherer, why string) func(f *Facts) {
	return func(f *Facts) { f.Failed[gatherer] = why }
}

func another(path, version string) GoTool {
	dir := path[:strings.LastIndexAny(path, `/\`)]
	return GoTool{Path: path, Real: path, Dir: dir, Version: version, Root: dir[:strings.LastIndexAny(dir, `/\`)]}
}

func noGo(f *Facts)  { f.Tools.Found = nil }
func nothing(*Facts) {}

// goFails is a go that runs, but says nothing of its variables.
func goFails(f *Facts) {
	fails("go", "go env -json: unexpected end of JSON input")(f)
	f.Go = nil
}

// goBroken is one that does not run.
func goBroken(f *Facts) {
	f.Go, f.Failed["go"] = nil, "go env: exit status 2"
	f.Tools.Found[0].Version, f.Tools.Found[0].Err = "", "go env: exit status 2: go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set"
}

// guilty is a variable that makes go refuse, and what that says.
func guilty(name, value, kept, said string) func(f *Facts) {
	return func(f *Facts) {
		setVar(name, value, kept)(f)
		f.Go.Refusal, f.Go.Guilty = said, map[string]string{name: said}
	}
}

var fixtures = []fixture{
	{"go.multi", "one", OK, nothing},
	{"go.multi", "none", Error, noGo},
	{"go.multi", "none on linux but installed", Error, linux(func(f *Facts) { f.Tools = &ToolsFacts{OffPath: "/usr/local/go/bin"} })},
	{"go.multi", "too slow", Unknown, fails("tools", "no answer within 3s")},
	{"go.multi", "an old one first", Warn, func(f *Facts) {
		f.Tools.Found = append([]GoTool{another(`D:\old\go\bin\go.exe`, "go1.22.1")}, f.Tools.Found...)
	}},
	{"go.multi", "a newer one second", Warn, linux(func(f *Facts) {
		f.Tools.Found = append(f.Tools.Found, another("/home/li/my sdk/go1.27/bin/go", "go1.27"))
	})},
	{"go.multi", "two links to one", OK, linux(func(f *Facts) {
		f.Tools.Found = append(f.Tools.Found, GoTool{"/usr/bin/go", "/usr/local/go/bin/go", "/usr/bin", "go1.26.8", "/usr/local/go", ""})
	})},
	{"go.multi", "an older one second", Info, linux(func(f *Facts) {
		f.Tools.Found = append(f.Tools.Found, another("/usr/lib/go-1.22/bin/go", "go1.22.2"))
	})},

	{"go.multi", "a lone binary", Error, linux(goBroken)},
	{"go.multi", "a broken one first", Error, func(f *Facts) {
		goBroken(f)
		f.Tools.Found = append(f.Tools.Found, another(`D:\go\bin\go.exe`, "go1.26.7"))
	}},
	{"go.multi", "a broken one second", Info, linux(func(f *Facts) {
		f.Tools.Found = append(f.Tools.Found, GoTool{"/home/li/.asdf/shims/go", "/home/li/.asdf/shims/go", "/home/li/.asdf/shims", "", "", "go env: exit status 126: No version is set for command go"})
	})},
	{"go.multi", "a lone binary with its GOROOT", OK, linux(func(f *Facts) {
		setVar("GOROOT", "/opt/go", "")(f)
		f.Tools.Found[0].Err, f.Tools.Found[0].Version, f.Tools.Found[0].Root = "go env: exit status 2", "", ""
	})},
	{"go.multi", "a hanging shim", Error, linux(func(f *Facts) {
		goBroken(f)
		f.Tools.Found[0].Err = "go env GOVERSION: " + errLate.Error()
	})},

	{"go.version", "enough", OK, nothing},
	{"go.version", "no module", OK, func(f *Facts) { f.Go.Module, f.Go.Mod = "", ModFile{} }},
	{"go.version", "too old and local", Error, func(f *Facts) { f.Go.Mod.Go, f.Go.Toolchain = "1.27.3", "local" }},
	{"go.version", "too old and local in a start-up file", Error, linux(func(f *Facts) {
		setVar("GOTOOLCHAIN", "local", "/home/li/.profile:12")(f)
		f.Go.Mod.Go, f.Go.Toolchain = "1.27.3", "local"
	})},
	{"go.version", "from before tool chains", Error, linux(func(f *Facts) { f.Tools.Found[0].Version = "go1.19.13" })},
	{"go.version", "to be downloaded", Info, func(f *Facts) { f.Go.Mod.Go = "1.27.3" }},
	{"go.version", "downloaded", OK, func(f *Facts) { f.Go.Mod.Go, f.Go.Toolchains = "1.27.3", []string{"go1.27.3"} }},
	{"go.version", "may not be downloaded", Error, func(f *Facts) { f.Go.Mod.Go, f.Go.Env["GOPROXY"] = "1.27.3", "off" }},
	{"go.version", "on PATH only", Error, func(f *Facts) { f.Go.Mod.Go, f.Go.Toolchain = "1.27.3", "path" }},
	{"go.version", "fixed to one that there is not", Error, func(f *Facts) {
		setVar("GOTOOLCHAIN", "go1.99.0", "")(f)
		f.Go.Toolchain = "go1.99.0"
	}},
	{"go.version", "a go.mod of the future", Error, linux(func(f *Facts) { f.Go.Mod.Go = "1.99.0" })},
	{"go.version", "go.work wants more", Info, linux(func(f *Facts) { f.Go.Work, f.Go.WorkMod.Go = "/home/li/go.work", "1.27" })},
	{"go.version", "end of life", Warn, linux(func(f *Facts) { f.Tools.Found[0].Version, f.Go.Mod.Go = "go1.25.9", "1.24" })},
	{"go.version", "end of life on Windows", Warn, func(f *Facts) { f.Tools.Found[0].Version, f.Go.Mod.Go = "go1.24.1", "1.24" }},
	{"go.version", "fails", Skip, goFails},

	{"go.build", "takes all", OK, nothing},
	{"go.build", "GOFLAGS", Error, guilty("GOFLAGS", "-mod=nonsense", "", "go list -f: exit status 1: -mod=nonsense not supported (can be '', 'mod', 'readonly', or 'vendor')")},
	{"go.build", "GOFLAGS in a start-up file", Error, linux(guilty("GOFLAGS", "-nonsense", "/home/li/.bashrc:7, /etc/profile.d/go.sh:3", "go: parsing $GOFLAGS: unknown flag -nonsense"))},
	{"go.build", "GOEXPERIMENT in the go env file", Error, func(f *Facts) {
		f.Go.File["GOEXPERIMENT"], f.Go.Refusal = "nonsense", "go: unknown GOEXPERIMENT nonsense"
		f.Go.Guilty = map[string]string{"GOEXPERIMENT": f.Go.Refusal}
	}},
	{"go.build", "GOWORK", Error, linux(guilty("GOWORK", "/none/go.work", "", "go: reading go.work: open /none/go.work: no such file or directory"))},
	{"go.build", "GOTOOLCHAIN", Error, func(f *Facts) {
		setVar("GOTOOLCHAIN", "nonsense", "user")(f)
		f.Go.Toolchain = "nonsense"
	}},
	{"go.build", "not in go.work", Error, linux(func(f *Facts) { f.Go.Work, f.Go.WorkMod.Use = "/home/li/go.work", []string{"./bills"} })},
	{"go.build", "in go.work", OK, linux(func(f *Facts) { f.Go.Work, f.Go.WorkMod.Use = "/home/li/go.work", []string{"./bills", "./orders"} })},
	{"go.build", "go.mod", Error, linux(func(f *Facts) { f.Go.Refusal = "go: errors parsing go.mod: go.mod:3: unknown directive: foo" })},
	{"go.build", "GOROOT has its own check", Skip, guilty("GOROOT", `D:\none`, "", `go: cannot find GOROOT directory: D:\none`)},
	{"go.build", "go.sum has its own check", Skip, func(f *Facts) {
		f.Go.Refusal, f.Sum.Conflicts, f.Sum.Merge = "malformed go.sum", []string{`C:\src\orders\go.sum:4: <<<<<<< HEAD`}, true
	}},
	{"go.build", "fails", Unknown, goFails},

	{"go.target", "this machine", OK, nothing},
	{"go.target", "GOOS left set", Error, func(f *Facts) {
		setVar("GOOS", "linux", "user")(f)
		setVar("GOARCH", "arm64", "")(f)
	}},
	{"go.target", "GOARCH in the go env file", Error, linux(func(f *Facts) { f.Go.File["GOARCH"], f.Go.Env["GOARCH"] = "arm64", "arm64" })},
	{"go.target", "386 on amd64", OK, setVar("GOARCH", "386", "user")},
	{"go.target", "fails", Skip, goFails},

	{"go.goroot", "unset", OK, nothing},
	{"go.goroot", "needed", OK, linux(func(f *Facts) {
		setVar("GOROOT", "/opt/go", "")(f)
		f.Tools.Found[0].Err, f.Tools.Found[0].Root = "go env: exit status 2", ""
	})},
	{"go.goroot", "another", Error, setVar("GOROOT", `D:\old\go1.20`, "machine")},
	{"go.goroot", "its own", Info, setVar("GOROOT", `c:\program files\go`, "user")},
	{"go.goroot", "in the go env file", Error, linux(func(f *Facts) { f.Go.File["GOROOT"] = "/opt/go1.20" })},
	{"go.goroot", "in a known go env file", Error, linux(func(f *Facts) {
		f.Go.EnvFile, f.Go.File["GOROOT"] = "/home/li/.config/go/env", "/opt/go1.20"
	})},
	{"go.goroot", "in a known go env file on Windows", Error, func(f *Facts) {
		f.Go.EnvFile, f.Go.File["GOROOT"] = `C:\Users\li's\AppData\Roaming\go\env`, `D:\old\go1.20`
	}},
	{"go.goroot", "in a start-up file", Error, linux(setVar("GOROOT", "/opt/go1.20", "/home/li/.bashrc:12"))},
	{"go.goroot", "no go", Skip, noGo},
	{"go.goroot", "fails", Skip, goFails},

	{"go.mode", "unset", OK, nothing},
	{"go.mode", "off", Error, setVar("GO111MODULE", "off", "user")},
	{"go.mode", "off in the go env file", Error, func(f *Facts) { f.Go.File["GO111MODULE"] = "off" }},
	{"go.mode", "nonsense", Error, setVar("GO111MODULE", "yes", "")},
	{"go.mode", "fails", Skip, goFails},

	{"go.gopath", "default", OK, nothing},
	{"go.gopath", "none", Error, func(f *Facts) { f.Go.Env["GOPATH"] = "" }},
	{"go.gopath", "relative", Error, setVar("GOPATH", `go`, "user")},
	{"go.gopath", "goroot", Error, linux(setVar("GOPATH", "/usr/local/go", "/etc/environment:2"))},
	{"go.gopath", "module in src", Info, func(f *Facts) { f.Go.Module = `C:\Users\li\go\src\orders` }},
	{"go.gopath", "module in the temporary root", Error, linux(func(f *Facts) { f.Go.Module = "/tmp" })},
	{"go.gopath", "fails", Skip, goFails},

	{"go.env.shadow", "none", OK, nothing},
	{"go.env.shadow", "hidden", Warn, func(f *Facts) {
		setVar("GOPROXY", "https://user:secret@proxy.example.com", "user")(f)
		setVar("GOFLAGS", "-mod=vendor", "machine")(f)
		f.Go.File = map[string]string{"GOPROXY": "https://goproxy.cn,direct", "GOFLAGS": "-buildvcs=false"}
	}},
	{"go.env.shadow", "equal", OK, func(f *Facts) {
		setVar("GOPROXY", "direct", "user")(f)
		f.Go.File["GOPROXY"] = "direct"
	}},
	{"go.env.shadow", "fails", Skip, goFails},

	{"go.env.session", "nothing set", OK, nothing},
	{"go.env.session", "wrong anyway", OK, setVar("GOSUMDB", "off", "")},
	{"go.env.session", "kept", OK, setVar("GOPROXY", "https://goproxy.cn,direct", "user")},
	{"go.env.session", "session only", Info, setVar("GOPROXY", "https://li:secret@proxy.corp,direct", "")},
	{"go.env.session", "fails", Skip, goFails},

	{"go.proxy", "default", OK, nothing},
	{"go.proxy", "with a password", OK, setVar("GOPROXY", "https://li:secret@proxy.corp/go|direct", "user")},
	{"go.proxy", "empty", Error, setVar("GOPROXY", ",", "")},
	{"go.proxy", "off", Warn, setVar("GOPROXY", "off", "user")},
	{"go.proxy", "off in the go env file", Warn, linux(func(f *Facts) { f.Go.File["GOPROXY"], f.Go.Env["GOPROXY"] = "off", "off" })},
	{"go.proxy", "after direct", Warn, setVar("GOPROXY", "direct,https://goproxy.cn", "user")},
	{"go.proxy", "not a URL", Error, setVar("GOPROXY", "li:secret@goproxy.cn,direct", "user")},
	{"go.proxy", "scheme", Error, setVar("GOPROXY", "ftp://user:secret@goproxy.cn", "user")},
	{"go.proxy", "plain http unverified", Warn, func(f *Facts) {
		setVar("GOPROXY", "http://proxy.corp:8081", "user")(f)
		setVar("GOSUMDB", "off", "user")(f)
	}},
	{"go.proxy", "sumdb off", Warn, setVar("GOSUMDB", "off", "user")},
	{"go.proxy", "private URL", Error, setVar("GOPRIVATE", "https://git:secret@git.corp/team/,*.example.com", "user")},
	{"go.proxy", "does not answer", Error, func(f *Facts) {
		f.Proxy = &ProxyFacts{Err: `Get "https://li:secret@proxy.corp/golang.org/x/sys/@latest": dial tcp: lookup proxy.corp: no such host`}
	}},
	{"go.proxy", "full-width comma", Error, setVar("GOPROXY", "https://goproxy.cn，direct", "user")},
	{"go.proxy", "semicolon", Error, linux(setVar("GOPROXY", "https://goproxy.cn;direct", ""))},
	{"go.proxy", "full-width and a password", Error, setVar("GOPROXY", "https://li:secret@goproxy.cn，direct", "user")},
	{"go.proxy", "certificate", Error, func(f *Facts) {
		f.Proxy = &ProxyFacts{Err: "tls: failed to verify certificate: x509: certificate signed by unknown authority", Kind: proxyUntrusted}
	}},
	{"go.proxy", "expired", Error, func(f *Facts) {
		f.Proxy = &ProxyFacts{Err: "x509: certificate has expired or is not yet valid", Kind: proxyExpired}
	}},
	{"go.proxy", "too often", Error, func(f *Facts) { f.Proxy = &ProxyFacts{Err: "429 Too Many Requests", Kind: proxyBusy} }},
	{"go.proxy", "portal", Error, func(f *Facts) {
		f.Proxy = &ProxyFacts{Err: "a page for people answers in its place: 200 OK", Kind: proxyPortal}
	}},
	{"go.proxy", "behind a dead proxy", OK, func(f *Facts) {
		f.Proxy = &ProxyFacts{Err: "proxyconnect tcp: connection refused"}
		f.HTTP.Proxies = []ProxyVar{{"HTTPS_PROXY", "http://127.0.0.1:7890", "connection refused"}}
	}},
	{"go.proxy", "fails", Skip, goFails},

	{"go.netrc", "none", Skip, nothing},
	{"go.netrc", "good", OK, func(f *Facts) { f.HTTP.Netrc = `C:\Users\li\_netrc` }},
	{"go.netrc", "a space in a password", Warn, linux(func(f *Facts) {
		f.HTTP.Netrc = "/home/li/.netrc"
		f.HTTP.Faults = netrcFaults("/home/li/.netrc", "machine git.corp login li password my secret\nmachine other.corp\n")
	})},
	{"go.netrc", "open to all", Warn, linux(func(f *Facts) { f.HTTP.Netrc, f.HTTP.Open = "/home/li/.netrc", true })},
	{"go.netrc", "too slow", Unknown, fails("http", "no answer within 3s")},

	{"go.modcache", "writable", OK, nothing},
	{"go.modcache", "read-only", Error, func(f *Facts) {
		f.Dirs.ModCache = `pathx: can't create a file in C:\Users\li\go\pkg\mod: Access is denied.`
	}},
	{"go.modcache", "read-only in Chinese", Error, func(f *Facts) {
		f.Dirs.ModCache = `pathx: can't create a file in C:\Users\li\go\pkg\mod: 拒绝访问。`
	}},
	{"go.modcache", "root's in places", Error, linux(func(f *Facts) { f.Dirs.Foreign = []string{"/home/li/go/pkg/mod/github.com/pkg"} })},
	{"go.modcache", "fails", Unknown, fails("dirs", "go env: exit status 1")},
	{"go.cache", "writable", OK, linux(nil)},
	{"go.cache", "read-only", Error, linux(func(f *Facts) {
		setVar("GOCACHE", "/root/.cache/go-build", "")(f)
		f.Dirs.Cache = "pathx: can't create a file in /root/.cache/go-build: permission denied"
	})},
	{"go.cache", "no home", Error, linux(func(f *Facts) { f.Go.Env["GOCACHE"] = "off" })},
	{"go.cache", "off", Error, setVar("GOCACHE", "off", "user")},
	{"go.cache", "too slow", Unknown, fails("dirs", "no answer within 3s")},
	{"go.tmp", "good", OK, nothing},
	{"go.tmp", "full", Error, func(f *Facts) { f.Dirs.Tmp = "write: There is not enough space on the disk." }},
	{"go.tmp", "noexec", Error, linux(func(f *Facts) { f.Dirs.Exec = "try: fork/exec /tmp/doctor-1/try: permission denied" })},
	{"go.tmp", "fails", Skip, goFails},

	{"go.sum", "verified", OK, nothing},
	{"go.sum", "no module", Skip, func(f *Facts) { f.Sum = &SumFacts{} }},
	{"go.sum", "modified", Error, func(f *Facts) {
		f.Sum.Modified = []Changed{{"github.com/stretchr/testify v1.12.1", `C:\Users\li\go\pkg\mod\github.com\stretchr\testify@v1.12.1`}}
	}},
	{"go.sum", "two modified on linux", Error, linux(func(f *Facts) {
		f.Sum.Modified = []Changed{{"a.example/b v1.0.0", "/home/li/go/pkg/mod/a.example/b@v1.0.0"}, {"c.example/d v1.0.0", "/home/li/my go/pkg/mod/c.example/d@v1.0.0"}}
	})},
	{"go.sum", "not downloaded", Unknown, func(f *Facts) { f.Sum.Missing = []string{"github.com/stretchr/testify v1.12.1"} }},
	{"go.sum", "not all read", OK, func(f *Facts) { f.Sum.Looked = 12 }},
	{"go.sum", "conflict", Error, func(f *Facts) {
		_, f.Sum.Conflicts, f.Sum.Merge = parseSum(`C:\src\orders\go.sum`, "a.example/b v1.0.0 h1:x=\n<<<<<<< HEAD\n=======\n>>>>>>> main\n")
	}},
	{"go.sum", "a torn line", Error, linux(func(f *Facts) {
		_, f.Sum.Conflicts, f.Sum.Merge = parseSum("/home/li/orders/go.sum", "a.example/b v1.0.0 h1:x=\na.exam\n")
	})},
	{"go.sum", "lacks entries", Error, func(f *Facts) { f.Sum.Lacks = []string{"a.example/b v1.0.0"} }},
	{"go.sum", "may lack entries", Info, func(f *Facts) { f.Sum.Maybe = []string{"a.example/b v1.0.0"} }},
	{"go.sum", "mismatch", Error, func(f *Facts) { f.Sum.Mismatched = []string{"a.example/b v1.0.0"} }},
	{"go.sum", "too slow", Unknown, fails("sum", "no answer within 3s")},

	{"go.bin", "on PATH", OK, nothing},
	{"go.bin", "empty", OK, func(f *Facts) { f.Path.Dirs, f.Path.Has = nil, nil }},
	{"go.bin", "not on PATH", Warn, func(f *Facts) { f.Path.Dirs = f.Path.Dirs[:1] }},
	{"go.bin", "not on a long PATH", Warn, func(f *Facts) { f.Path.Dirs, f.Path.Length = f.Path.Dirs[:1], 8180 }},
	{"go.bin", "not on PATH on linux", Warn, linux(func(f *Facts) { f.Path.Dirs = []string{"", "/usr/bin"} })},
	{"go.bin", "relative", Error, setVar("GOBIN", "bin", "user")},
	{"go.bin", "fails", Unknown, fails("path", "no answer within 3s")},

	{"go.vcs", "git", OK, nothing},
	{"go.vcs", "no repository", OK, func(f *Facts) { f.VCS.Root = "" }},
	{"go.vcs", "neither", Skip, func(f *Facts) { f.VCS = &VCSFacts{} }},
	{"go.vcs", "no git", Warn, func(f *Facts) { f.VCS.Git = "" }},
	{"go.vcs", "no git for private modules", Error, linux(func(f *Facts) {
		setVar("GOPRIVATE", "git.corp", "")(f)
		f.VCS.Git = ""
	})},
	{"go.vcs", "dubious ownership", Error, linux(func(f *Facts) {
		f.VCS.Err = "git rev-parse: exit status 128: fatal: detected dubious ownership in repository at '/home/li/orders'"
	})},
	{"go.vcs", "dubious ownership and no stamps", OK, linux(func(f *Facts) {
		setVar("GOFLAGS", "-buildvcs=false", "")(f)
		f.VCS.Err = "git rev-parse: exit status 128: fatal: detected dubious ownership in repository at '/home/li/orders'"
	})},
	{"go.vcs", "no repository after all", Error, func(f *Facts) { f.VCS.Err = "git rev-parse: exit status 128: fatal: not a git repository" }},
	{"go.vcs", "fails", Unknown, fails("vcs", "no answer within 3s")},

	{"go.tools", "delve", OK, nothing},
	{"go.tools", "none", Skip, func(f *Facts) { f.Dev = &DevFacts{} }},
	{"go.tools", "old delve", Warn, func(f *Facts) { f.Dev.Dlv.Version = "v1.24.2" }},
	{"go.tools", "old gopls", Warn, linux(func(f *Facts) { f.Dev.Gopls.Go, f.Dev.Dlv.Version = "go1.22.1", "(devel)" })},
	{"go.tools", "fails", Unknown, fails("dev", "no answer within 3s")},

	{"path.sync", "not", OK, nothing},
	{"path.sync", "OneDrive", Warn, func(f *Facts) {
		setVar("GOPATH", `C:\Users\li\OneDrive - Contoso\go`, "user")(f)
		f.Go.Env["GOMODCACHE"] = `C:\Users\li\OneDrive - Contoso\go\pkg\mod`
	}},
	{"path.sync", "iCloud", Warn, mac(func(f *Facts) { f.Go.Env["GOMODCACHE"] = "/Users/li/Library/Mobile Documents/gomodcache" })},
	{"path.sync", "fails", Skip, goFails},

	{"path.nonascii", "ascii", OK, nothing},
	{"path.nonascii", "cgo off", Skip, func(f *Facts) { f.Go.Env["CGO_ENABLED"] = "0" }},
	{"path.nonascii", "user name", Warn, func(f *Facts) {
		setVar("GOPATH", `C:\Users\李雷\go`, "user")(f)
		f.Go.TempDir = `C:\Users\李雷\AppData\Local\Temp`
	}},
	{"path.nonascii", "on linux", Info, linux(func(f *Facts) { f.Go.TempDir = "/home/李雷/tmp" })},
	{"path.nonascii", "compiler", Warn, func(f *Facts) { f.Go.Env["CC"] = `D:\工具\gcc.exe` }},
	{"path.nonascii", "fails", Skip, goFails},

	{"cgo.cc", "gcc", OK, nothing},
	{"cgo.cc", "none", Error, func(f *Facts) { f.CC = &CCFacts{CC: "gcc"} }},
	{"cgo.cc", "none on linux", Error, linux(func(f *Facts) { f.CC.Path = "" })},
	{"cgo.cc", "none on a strange linux", Error, linux(func(f *Facts) {
		setVar("CGO_ENABLED", "1", "")(f)
		f.CC = &CCFacts{CC: "gcc"}
	})},
	{"cgo.cc", "32 bits", Error, func(f *Facts) { f.CC.Machine = "i686-w64-mingw32" }},
	{"cgo.cc", "wrong target on linux", Error, linux(func(f *Facts) { f.Go.Env["GOARCH"] = "arm64" })},
	{"cgo.cc", "MSYS2's own", Error, func(f *Facts) { f.CC.Machine = "x86_64-pc-msys" }},
	{"cgo.cc", "Cygwin's", Error, func(f *Facts) { f.CC.Machine = "x86_64-pc-cygwin" }},
	{"cgo.cc", "clang for msvc", Error, func(f *Facts) { f.CC.CC, f.CC.Machine = "clang", "x86_64-pc-windows-msvc" }},
	{"cgo.cc", "clang for MinGW", OK, func(f *Facts) { f.CC.CC, f.CC.Machine = "clang", "x86_64-w64-windows-gnu" }},
	{"cgo.cc", "linux gcc for Windows", Error, linux(func(f *Facts) { f.Go.Env["GOOS"] = "windows" })},
	{"cgo.cc", "MinGW.org for 386", OK, func(f *Facts) { f.CC.Machine, f.Go.Env["GOARCH"] = "mingw32", "386" }},
	{"cgo.cc", "-m32", OK, linux(func(f *Facts) { f.Go.Env["CC"], f.Go.Env["GOARCH"] = "gcc -m32", "386" })},
	{"cgo.cc", "multilib", OK, linux(func(f *Facts) { f.CC.Multilib, f.Go.Env["GOARCH"] = true, "386" })},
	{"cgo.cc", "64 bits only", Error, linux(func(f *Facts) { f.Go.Env["GOARCH"] = "386" })},
	{"cgo.cc", "clang on a Mac", OK, mac(nothing)},
	{"cgo.cc", "none on a Mac", Error, mac(func(f *Facts) { f.CC.Path = "" })},
	{"cgo.cc", "cgo off", Skip, func(f *Facts) { f.Go.Env["CGO_ENABLED"] = "0" }},
	{"cgo.cc", "says nothing", Unknown, func(f *Facts) { f.CC.Machine = "" }},

	{"win.build", "current", OK, nothing},
	{"win.build", "old 10", Warn, func(f *Facts) { f.Windows.Build = 19043 }},
	{"win.build", "old 11", Warn, func(f *Facts) { f.Windows.Build = 22000 }},
	{"win.build", "old WSL", Warn, func(f *Facts) { f.WSL.Version = "2.0.9.0" }},
	{"win.build", "server with Docker", Warn, func(f *Facts) { f.Windows.Build, f.Windows.Server = 20348, true }},
	{"win.build", "server", Info, func(f *Facts) {
		f.Windows.Build, f.Windows.Server = 20348, true
		f.Docker.CLI, f.WSL.Distros = "", nil
	}},
	{"win.build", "elsewhere", Skip, linux(nil)},
	{"win.build", "too slow", Unknown, fails("windows", "no answer within 3s")},

	{"win.virt", "hypervisor", OK, nothing},
	{"win.virt", "firmware off", Error, func(f *Facts) { f.PS.Hypervisor, f.Windows.VirtFirmware = new(false), false }},
	{"win.virt", "firmware off and not needed", Info, func(f *Facts) {
		f.PS.Hypervisor, f.Windows.VirtFirmware = new(false), false
		f.Docker.CLI, f.WSL.Distros = "", nil
	}},
	{"win.virt", "no SLAT", Error, func(f *Facts) { f.PS.Hypervisor, f.Windows.SLAT = new(false), false }},
	{"win.virt", "launch off", Warn, func(f *Facts) { f.PS.Hypervisor = new(false) }},
	{"win.virt", "no PowerShell", Unknown, fails("powershell", "powershell.exe: file not found")},
	{"win.virt", "no CIM", Unknown, func(f *Facts) { f.PS.Hypervisor = nil }},

	{"win.features", "on", OK, nothing},
	{"win.features", "off", Warn, func(f *Facts) { f.PS.Features["VirtualMachinePlatform"] = 2 }},
	{"win.features", "too slow", Unknown, func(f *Facts) {
		f.PS.Features, f.PS.Late = nil, "powershell.exe -NoProfile -NonInteractive: no answer within 3s"
	}},
	{"win.features", "elsewhere", Skip, linux(nil)},

	{"wsl", "one", OK, nothing},
	{"wsl", "none", Info, func(f *Facts) { f.WSL.Distros = nil }},
	{"wsl", "version 1", Info, func(f *Facts) { f.WSL.Distros, f.Docker.CLI = append(f.WSL.Distros, Distro{"My Debian", 1}), "" }},
	{"wsl", "version 1 and Docker", Warn, func(f *Facts) { f.WSL.Distros = append(f.WSL.Distros, Distro{"My Debian", 1}) }},
	{"wsl", "denied", Unknown, fails("wsl", "Access is denied.")},

	{"docker", "answers", OK, nothing},
	{"docker", "denied", Error, linux(func(f *Facts) { f.Docker.State = "denied" })},
	{"docker", "denied on Windows", Error, func(f *Facts) { f.Docker.State = "denied" }},
	{"docker", "stopped", Warn, func(f *Facts) { f.Docker.State = "absent" }},
	{"docker", "stopped on a Mac", Warn, mac(func(f *Facts) { f.Docker.State = "absent" })},
	{"docker", "dead socket", Warn, linux(func(f *Facts) { f.Docker.State = "refused" })},
	{"docker", "stopped in a container", Warn, linux(func(f *Facts) { f.Docker.State, f.Host = "absent", &HostFacts{Container: true} })},
	{"docker", "stopped in WSL", Warn, linux(func(f *Facts) { f.Docker.State, f.Host = "absent", &HostFacts{WSL: true} })},
	{"docker", "stopped without systemd", Warn, linux(func(f *Facts) { f.Docker.State, f.Host = "absent", &HostFacts{} })},
	{"docker", "Colima stopped", Warn, mac(func(f *Facts) {
		f.Docker.State, f.Docker.Context, f.Docker.Engine, f.Docker.Endpoint = "refused", "colima", "colima", "unix:///Users/li/.colima/default/docker.sock"
	})},
	{"docker", "Rancher stopped", Warn, func(f *Facts) { f.Docker.State, f.Docker.Engine = "refused", "rancher" }},
	{"docker", "Podman stopped", Warn, linux(func(f *Facts) { f.Docker.State, f.Docker.Engine = "refused", "podman" })},
	{"docker", "no such context", Error, linux(func(f *Facts) { f.Docker.State, f.Docker.Context, f.Docker.Endpoint = "no context", "old-desktop", "" })},
	{"docker", "not installed", Skip, func(f *Facts) { f.Docker = &DockerFacts{State: "absent"} }},
	{"docker", "elsewhere", Unknown, func(f *Facts) { f.Docker.Host, f.Docker.State = "tcp://build.corp:2375", "not asked" }},

	{"port.reserved", "free", OK, nothing},
	{"port.reserved", "reserved", Error, func(f *Facts) { f.Ports.Reserved = append(f.Ports.Reserved, Range{8005, 8104, false}) }},
	{"port.reserved", "reserved for WinNAT", Error, func(f *Facts) { f.Ports.Ports, f.Ports.Reserved = []int{50100}, []Range{{50060, 50159, false}} }},
	{"port.reserved", "reserved for HTTP.sys", Error, func(f *Facts) { f.Ports.Ports, f.Ports.Reserved = []int{5357}, []Range{{5357, 5357, false}} }},
	{"port.reserved", "administered", OK, func(f *Facts) { f.Ports.Reserved = append(f.Ports.Reserved, Range{8080, 8080, true}) }},
	{"port.reserved", "two in use", Warn, linux(func(f *Facts) {
		f.Ports.Ports = []int{8080, 9000, 9001}
		f.Ports.Owners = []PortOwner{{8080, 4711, "java", "[::]:8080"}, {8080, 4711, "java", "0.0.0.0:8080"}, {9001, 0, "", "0.0.0.0:9001"}}
	})},
	{"port.reserved", "escape in a name", Warn, linux(func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 4711, "\x1b[2Jjava\n", "[::]:8080"}} })},
	{"port.reserved", "in use on Windows", Warn, func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 4711, "java.exe", "[::]:8080"}} }},
	{"port.reserved", "of the kernel", Warn, func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 4, "System", "[::]:8080"}} }},
	{"port.reserved", "of a service host", Warn, func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 2044, "svchost.exe", "0.0.0.0:8080"}} }},
	{"port.reserved", "in WSL", Warn, func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 9000, "wslrelay.exe", "[::1]:8080"}} }},
	{"port.reserved", "shown by nobody", Warn, func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 0, "", "0.0.0.0:8080"}} }},
	{"port.reserved", "of a socket unit", Warn, linux(func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 1, "systemd", "[::]:8080"}} })},
	{"port.reserved", "of a container", Warn, linux(func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 700, "docker-proxy", "[::]:8080"}} })},
	{"port.reserved", "of AirPlay", Warn, mac(func(f *Facts) {
		f.Ports.Ports, f.Ports.Owners = []int{5000}, []PortOwner{{5000, 640, "ControlCenter", "[::]:5000"}}
	})},
	{"port.reserved", "fails", Unknown, fails("ports", "netsh: exit status 1")},

	{"net.proxy", "none", OK, nothing},
	{"net.proxy", "there", OK, func(f *Facts) { f.HTTP.Proxies = []ProxyVar{{"HTTPS_PROXY", "http://li:secret@proxy.corp:3128", ""}} }},
	{"net.proxy", "dead", Error, func(f *Facts) {
		f.HTTP.Proxies = []ProxyVar{{"HTTPS_PROXY", "http://127.0.0.1:7890", "dial tcp 127.0.0.1:7890: connectex: No connection could be made"}}
		f.HTTP.Kept = map[string]string{"HTTPS_PROXY": "user"}
	}},
	{"net.proxy", "dead in both cases", Error, linux(func(f *Facts) {
		const refused = "dial tcp 127.0.0.1:7890: connect: connection refused"
		f.HTTP.Proxies = []ProxyVar{{"HTTPS_PROXY", "http://127.0.0.1:7890", refused}, {"https_proxy", "127.0.0.1:7890", refused}}
		f.HTTP.Kept = map[string]string{"https_proxy": "/home/li/.zshrc:3"}
	})},
	{"net.proxy", "too slow", Unknown, fails("http", "no answer within 3s")},
	{"net.cert", "system's", OK, nothing},
	{"net.cert", "gone", Warn, linux(func(f *Facts) {
		f.HTTP.Certs = map[string]string{"SSL_CERT_FILE": "stat /opt/ca.pem: no such file or directory"}
	})},
	{"net.cert", "too slow", Unknown, fails("http", "no answer within 3s")},

	{"net.stack", "both", OK, nothing},
	{"net.stack", "none", Error, func(f *Facts) { f.Net = &NetFacts{Stack: "no IPv4, no IPv6"} }},
	{"net.stack", "hosts lacks 127.0.0.1", Error, func(f *Facts) { f.Net.Localhost = []string{"::1"} }},
	{"net.stack", "hosts lacks v6", Info, linux(func(f *Facts) { f.Net.Localhost = []string{"127.0.0.1"} })},
	{"net.stack", "v6 is not there", Warn, linux(func(f *Facts) { f.Net.Loopback6 = false })},
	{"net.stack", "v6 is not there on Windows", Warn, func(f *Facts) { f.Net.Loopback6 = false }},
	{"net.stack", "fails", Unknown, fails("net", "no answer within 3s")},

	{"fw.block", "allowed", OK, nothing},
	{"fw.block", "cancelled prompt", Warn, func(f *Facts) {
		v := &f.Firewall.Verdicts[0]
		v.Public, v.Notes = "blocked", []string{`public: the rule "orders service" applies`}
		v.Hints = []string{`netsh advfirewall firewall delete rule name="orders service" dir=in program=C:\src\orders\bin\orders.exe`,
			`netsh advfirewall firewall add rule name=orders dir=in action=allow program=C:\src\orders\bin\orders.exe protocol=TCP localport=8080 profile=public`}
	}},
	{"fw.block", "policy", Warn, func(f *Facts) {
		v := &f.Firewall.Verdicts[0]
		v.Domain, v.Hints = "blocked", []string{"ask those who administer this machine for the rule"}
	}},
	{"fw.block", "no rule", Info, func(f *Facts) {
		v := &f.Firewall.Verdicts[0]
		v.Public, v.Hints = "no rule", []string{`netsh advfirewall firewall add rule name=orders dir=in action=allow program=C:\src\orders\bin\orders.exe protocol=TCP localport=8080 profile=public`}
	}},
	{"fw.block", "go run", Info, func(f *Facts) {
		v := &f.Firewall.Verdicts[0]
		v.Public, v.Temporary = "no rule", true
		v.Hints = []string{"build to a path that stays (go build -o), or listen on localhost: the next build has another path than this, and no rule"}
	}},
	{"fw.block", "no program", Info, func(f *Facts) {
		f.Firewall.Program, f.Firewall.Verdicts[0].Public = "", "no rule"
	}},
	{"fw.block", "no store", Skip, func(f *Facts) { f.Firewall = &FirewallFacts{None: true} }},
	{"fw.block", "elsewhere", Skip, linux(nil)},
	{"fw.block", "denied", Unknown, fails("firewall", "firewall: Access is denied.")},

	{"dbg.dlv", "debuggable", OK, nothing},
	{"dbg.dlv", "nothing to judge", Skip, func(f *Facts) { f.Debug = &DebugFacts{} }},
	{"dbg.dlv", "optimised", Warn, func(f *Facts) {
		f.Debug.Verdict, f.Debug.Reason = "optimized", "every package is optimised: breakpoints may miss"
		f.Debug.Fix = `go build -tags=one,two -gcflags="all=-N -l" -ldflags="" example.com/orders/cmd/orders`
	}},
	{"dbg.dlv", "stripped", Warn, func(f *Facts) {
		f.Debug.Verdict, f.Debug.Reason, f.Debug.Fix = "stripped", "there is no debug information", `go build -gcflags="all=-N -l" -ldflags="" .`
	}},
	{"dbg.dlv", "main only", Warn, linux(func(f *Facts) {
		f.Debug.Verdict, f.Debug.Reason = "main only", `breakpoints will hit only in main; 61 packages are optimised, because -gcflags has no "all="`
		f.Debug.Fix = `go build -gcflags="all=-N -l" example.com/orders`
	})},
	{"dbg.dlv", "launch exec", Info, func(f *Facts) {
		f.Debug = &DebugFacts{Launch: "{\n// built by a task\n\"configurations\": [{\"type\": \"go\", \"mode\": \"exec\"},]}"}
	}},
	{"dbg.dlv", "launch debug", OK, func(f *Facts) {
		f.Debug = &DebugFacts{Launch: `{"configurations": [{"type": "go", "mode": "debug"}]}`}
	}},
	{"dbg.dlv", "launch broken", Warn, func(f *Facts) { f.Debug = &DebugFacts{Launch: `{"configurations": [`} }},
	{"dbg.dlv", "not a program", Unknown, fails("debug", "bin/orders: not a Go executable")},
	{"dbg.dlv", "gccgo", Unknown, func(f *Facts) {
		f.Debug.Verdict, f.Debug.Reason = "unknown", "the debug information has no package compiled by gc"
	}},

	{"con.cp", "UTF-8", OK, nothing},
	{"con.cp", "936", Info, func(f *Facts) { f.Console.Output = 936 }},
	{"con.cp", "beta", Info, func(f *Facts) { f.Console.ANSI = 65001 }},
	{"con.cp", "PowerShell", Info, func(f *Facts) { f.PS.OutputCodePage = 936 }},
	{"con.cp", "no console", Skip, func(f *Facts) { f.Console.Output = 0 }},
	{"con.cp", "linux", OK, linux(nil)},
	{"con.cp", "POSIX locale", Info, linux(func(f *Facts) { f.Console.Encoding = "ASCII (C)" })},
	{"con.cp", "GBK locale", Warn, mac(func(f *Facts) { f.Console.Encoding = "GBK" })},
	{"con.cp", "too slow", Unknown, fails("console", "no answer within 3s")},

	{"time", "running", OK, nothing},
	{"time", "by trigger", OK, func(f *Facts) { f.Clock = judgeTimeService(false, 3) }},
	{"time", "disabled", Warn, func(f *Facts) { f.Clock = judgeTimeService(false, 4) }},
	{"time", "linux", OK, linux(nil)},
	{"time", "linux adrift", Warn, linux(func(f *Facts) { f.Clock.Synchronised = false })},
	{"time", "in a container", Skip, linux(func(f *Facts) { f.Clock.Synchronised, f.Host = false, &HostFacts{Container: true} })},
	{"time", "in WSL", Warn, linux(func(f *Facts) { f.Clock.Synchronised, f.Host = false, &HostFacts{WSL: true} })},
	{"time", "without systemd", Warn, linux(func(f *Facts) { f.Clock.Synchronised, f.Host = false, &HostFacts{} })},
	{"time", "unsupported", Unknown, mac(fails("clock", "the clock of darwin: unsupported operation"))},

	{"path.cut", "whole", OK, nothing},
	{"path.cut", "cut", Warn, func(f *Facts) { f.Path.Cut = `C:\Program Fi` }},
	{"path.cut", "too slow", Unknown, fails("path", "no answer within 3s")},
	{"path.cut", "elsewhere", Skip, linux(nil)},

	{"path.long", "on", OK, nothing},
	{"path.long", "git", Warn, func(f *Facts) { f.Long.Git = "" }},
	{"path.long", "off", Info, func(f *Facts) { f.Long.Enabled = false }},
	{"path.long", "denied", Unknown, fails("long", "Access is denied.")},
	{"path.long", "elsewhere", Skip, linux(nil)},
}

// find returns the check of that id.
func find(t *testing.T, id string) Check {
	t.Helper()
	for _, c := range Checks() {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no check %q", id)
	return Check{}
}

func (x fixture) facts() *Facts {
	f := healthyWindows()
	x.change(f)
	return f
}

// file has no dot before its ending: "con.cp" is Windows' device CON, so nobody there
// could check it out, and a module with such a name in it can't be fetched at all.
func (x fixture) file() string {
	name := strings.NewReplacer(" ", "-", ":", "_").Replace(x.name)
	return filepath.Join("testdata", "golden", strings.ReplaceAll(x.check, ".", "-"), name+".json")
}
