package doctor

// goFixtures are the go command and the variables that decide what it does.
var goFixtures = []fixture{
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
	{"go.version", "too old and local everywhere", Error, linux(func(f *Facts) {
		setVar("GOTOOLCHAIN", "local", "")(f)
		f.Go.Mod.Go, f.Go.Toolchain, f.Go.Fallback = "1.27.3", "local", "local"
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
}
