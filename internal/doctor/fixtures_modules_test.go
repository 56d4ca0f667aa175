package doctor

// moduleFixtures are modules, caches and what go has from elsewhere.
var moduleFixtures = []fixture{
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
	{"go.cache", "root's in places", Error, linux(func(f *Facts) { f.Dirs.CacheForeign = []string{"/home/li/.cache/go-build/7f"} })},
	{"go.cache", "relative", Error, setVar("GOCACHE", "cache", "user")},
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
}
