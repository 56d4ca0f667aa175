package doctor

// systemFixtures are the network, debugging and the system.
var systemFixtures = []fixture{
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
		v.Hints = []string{"build to a fixed path (go build -o), or listen on localhost: the next build has a different path, and no rule"}
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
