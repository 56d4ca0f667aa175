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

func yes() *bool { b := true; return &b }
func no() *bool  { b := false; return &b }

// healthyWindows is a developer's Windows 11 with everything in place.
func healthyWindows() *Facts {
	return &Facts{OS: "windows", Arch: "amd64", Lang: "en",
		Go: &GoFacts{
			Found: []GoTool{{`C:\Program Files\Go\bin\go.exe`, `C:\Program Files\Go\bin\go.exe`, "go1.26.8"}},
			Env: map[string]string{"GOROOT": `C:\Program Files\Go`, "GOPATH": `C:\Users\li\go`, "GOPROXY": "https://proxy.golang.org,direct",
				"GOSUMDB": "sum.golang.org", "GOCACHE": `C:\Users\li\AppData\Local\go-build`, "GOMODCACHE": `C:\Users\li\go\pkg\mod`,
				"CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "windows"},
			System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
			FileName: `C:\Users\li\AppData\Roaming\go\env`, Module: `C:\src\orders`, TempDir: `C:\Users\li\AppData\Local\Temp`,
		},
		Proxy:    &ProxyFacts{},
		Dirs:     &DirsFacts{},
		Sum:      &SumFacts{Module: `C:\src\orders\go.mod`, OK: true},
		CC:       &CCFacts{CC: "gcc", Path: `C:\msys64\ucrt64\bin\gcc.exe`, Machine: "x86_64-w64-mingw32"},
		Windows:  &WindowsFacts{Major: 10, Build: 26100, VirtFirmware: true, SLAT: true},
		PS:       &PSFacts{Hypervisor: yes(), Features: map[string]int{"VirtualMachinePlatform": 1, "Microsoft-Windows-Subsystem-Linux": 2, "Microsoft-Hyper-V": 2}, OutputCodePage: 65001, TimeService: "Running", TimeServiceStart: "Manual"},
		WSL:      &WSLFacts{Version: "2.4.13.0", Distros: []Distro{{"Ubuntu-24.04", 2}}},
		Docker:   &DockerFacts{CLI: `C:\Program Files\Docker\Docker\resources\bin\docker.exe`, Endpoint: "npipe:////./pipe/docker_engine", State: "ok", Group: "docker-users"},
		Ports:    &PortsFacts{Ports: []int{8080}, Reserved: []Range{{First: 50000, Last: 50059, Bindable: true}}},
		Net:      &NetFacts{IPv4: true, IPv6: true, Loopback6: true, Stack: "IPv4, IPv6, [::1]", Localhost: []string{"::1", "127.0.0.1"}},
		Firewall: &FirewallFacts{Program: `C:\src\orders\bin\orders.exe`, Port: 8080, Verdict: map[string]string{"domain": "allowed", "private": "allowed", "public": "allowed"}},
		Debug:    &DebugFacts{Binary: `bin\orders.exe`, Verdict: "debuggable", Detail: `-gcflags=all=-N -l`},
		Console:  &ConsoleFacts{Output: 65001, ANSI: 936, OEM: 936},
		Long:     &LongFacts{Enabled: yes(), Git: "true", GitPath: `C:\Program Files\Git\cmd\git.exe`},
	}
}

// healthyLinux is what an Ubuntu looks like.
func healthyLinux() *Facts {
	f := healthyWindows()
	f.OS = "linux"
	f.Go = &GoFacts{
		Found:  []GoTool{{"/usr/local/go/bin/go", "/usr/local/go/bin/go", "go1.26.8"}},
		Env:    map[string]string{"GOROOT": "/usr/local/go", "GOPATH": "/home/li/go", "GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org", "GOCACHE": "/home/li/.cache/go-build", "GOMODCACHE": "/home/li/go/pkg/mod", "CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "linux"},
		System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
		FileName: "/home/li/.config/go/env", Module: "/home/li/orders", TempDir: "/tmp",
	}
	f.CC = &CCFacts{CC: "gcc", Path: "/usr/bin/gcc", Machine: "x86_64-linux-gnu"}
	f.Windows, f.PS, f.WSL, f.Long = nil, nil, nil, nil
	f.Firewall = &FirewallFacts{None: true}
	f.Docker = &DockerFacts{CLI: "/usr/bin/docker", Endpoint: "unix:///var/run/docker.sock", State: "ok", Group: "docker"}
	f.Console = &ConsoleFacts{Encoding: "UTF-8"}
	f.Clock = &ClockFacts{Synchronised: yes()}
	f.Ports.Reserved = nil
	return f
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

// setVar sets a variable of Go's in the environment, and in force.
func setVar(name, value, kept string) func(f *Facts) {
	return func(f *Facts) {
		f.Go.System[name], f.Go.Env[name], f.Go.Kept[name] = value, value, kept
		if kept == "" {
			delete(f.Go.Kept, name)
		}
	}
}

func noGo(f *Facts) { f.Go.Found = nil }
func goFails(f *Facts) {
	f.Go = &GoFacts{Err: "go env: exit status 2: go: cannot find GOROOT directory"}
}
func nothing(*Facts) {}

var fixtures = []fixture{
	{"go.multi", "one", OK, nothing},
	{"go.multi", "none", Error, noGo},
	{"go.multi", "fails", Unknown, goFails},
	{"go.multi", "two versions", Warn, func(f *Facts) {
		f.Go.Found = append(f.Go.Found, GoTool{`C:\Users\li\scoop\shims\go.exe`, `C:\Users\li\scoop\apps\go\current\bin\go.exe`, "go1.22.1"})
	}},
	{"go.multi", "two links to one", OK, linux(func(f *Facts) {
		f.Go.Found = append(f.Go.Found, GoTool{"/usr/bin/go", "/usr/local/go/bin/go", "go1.26.8"})
	})},
	{"go.multi", "two of one version", Info, linux(func(f *Facts) {
		f.Go.Found = append(f.Go.Found, GoTool{"/usr/bin/go", "/usr/lib/go-1.26/bin/go", "go1.26.8"})
	})},

	{"go.goroot", "unset", OK, nothing},
	{"go.goroot", "another", Error, setVar("GOROOT", `D:\old\go1.20`, "machine")},
	{"go.goroot", "its own", Info, setVar("GOROOT", `c:\program files\go`, "user")},
	{"go.goroot", "in the go env file", Error, linux(func(f *Facts) { f.Go.File["GOROOT"] = "/opt/go1.20" })},
	{"go.goroot", "no go", Skip, noGo},
	{"go.goroot", "fails", Unknown, goFails},

	{"go.mode", "unset", OK, nothing},
	{"go.mode", "off", Error, setVar("GO111MODULE", "off", "user")},
	{"go.mode", "off in the go env file", Error, func(f *Facts) { f.Go.File["GO111MODULE"] = "off" }},
	{"go.mode", "nonsense", Error, setVar("GO111MODULE", "yes", "")},
	{"go.mode", "fails", Unknown, goFails},

	{"go.gopath", "default", OK, nothing},
	{"go.gopath", "none", Error, func(f *Facts) { f.Go.Env["GOPATH"] = "" }},
	{"go.gopath", "relative", Error, setVar("GOPATH", `go`, "user")},
	{"go.gopath", "goroot", Error, linux(setVar("GOPATH", "/usr/local/go", "/home/li/.bashrc"))},
	{"go.gopath", "module in src", Warn, func(f *Facts) { f.Go.Module = `C:\Users\li\go\src\orders` }},
	{"go.gopath", "module in the temporary root", Error, linux(func(f *Facts) { f.Go.Module = "/tmp" })},
	{"go.gopath", "fails", Unknown, goFails},

	{"go.env.shadow", "none", OK, nothing},
	{"go.env.shadow", "hidden", Warn, func(f *Facts) {
		setVar("GOPROXY", "https://user:secret@proxy.example.com", "user")(f)
		f.Go.File["GOPROXY"] = "https://goproxy.cn,direct"
	}},
	{"go.env.shadow", "equal", OK, func(f *Facts) {
		setVar("GOPROXY", "direct", "user")(f)
		f.Go.File["GOPROXY"] = "direct"
	}},
	{"go.env.shadow", "fails", Unknown, goFails},

	{"go.env.session", "nothing set", OK, nothing},
	{"go.env.session", "kept", OK, setVar("GOPROXY", "https://goproxy.cn,direct", "user")},
	{"go.env.session", "session only", Info, setVar("GOPROXY", "https://goproxy.cn,direct", "")},
	{"go.env.session", "fails", Unknown, goFails},

	{"go.proxy", "default", OK, nothing},
	{"go.proxy", "empty", Error, setVar("GOPROXY", ",", "")},
	{"go.proxy", "off", Warn, setVar("GOPROXY", "off", "user")},
	{"go.proxy", "after direct", Warn, setVar("GOPROXY", "direct,https://goproxy.cn", "user")},
	{"go.proxy", "not a URL", Error, setVar("GOPROXY", "goproxy.cn,direct", "user")},
	{"go.proxy", "scheme", Error, setVar("GOPROXY", "ftp://user:secret@goproxy.cn", "user")},
	{"go.proxy", "plain http unverified", Warn, func(f *Facts) {
		setVar("GOPROXY", "http://proxy.corp:8081", "user")(f)
		setVar("GOSUMDB", "off", "user")(f)
	}},
	{"go.proxy", "sumdb off", Warn, setVar("GOSUMDB", "off", "user")},
	{"go.proxy", "private URL", Error, setVar("GOPRIVATE", "https://git.corp/team", "user")},
	{"go.proxy", "does not answer", Error, func(f *Facts) {
		f.Proxy = &ProxyFacts{Asked: true, Err: `Get "https://li:secret@proxy.corp/golang.org/x/sys/@latest": dial tcp: lookup proxy.corp: no such host`}
	}},
	{"go.proxy", "fails", Unknown, goFails},

	{"go.modcache", "writable", OK, nothing},
	{"go.modcache", "read-only", Error, func(f *Facts) { f.Dirs.ModCache = "create: Access is denied." }},
	{"go.modcache", "fails", Unknown, func(f *Facts) { f.Dirs = &DirsFacts{Err: "go env: exit status 1"} }},
	{"go.cache", "writable", OK, linux(nil)},
	{"go.cache", "read-only", Error, linux(func(f *Facts) { f.Dirs.Cache = "create: permission denied" })},
	{"go.cache", "not gathered", Unknown, func(f *Facts) { f.Dirs = nil }},
	{"go.tmp", "good", OK, nothing},
	{"go.tmp", "full", Error, func(f *Facts) { f.Dirs.Tmp = "write: There is not enough space on the disk." }},
	{"go.tmp", "noexec", Error, linux(func(f *Facts) { f.Dirs.Exec = "fork/exec /tmp/doctor-1/try: permission denied" })},
	{"go.tmp", "fails", Unknown, goFails},

	{"go.sum", "verified", OK, nothing},
	{"go.sum", "no module", Skip, func(f *Facts) { f.Sum = &SumFacts{} }},
	{"go.sum", "modified", Error, func(f *Facts) {
		f.Sum.OK, f.Sum.Output = false, "github.com/stretchr/testify v1.12.1: dir has been modified (C:\\Users\\li\\go\\pkg\\mod\\github.com\\stretchr\\testify@v1.12.1)\n"
	}},
	{"go.sum", "too slow", Unknown, func(f *Facts) { f.Sum = &SumFacts{Err: "go mod verify: no answer within 3s"} }},

	{"path.nonascii", "ascii", OK, nothing},
	{"path.nonascii", "cgo off", Skip, func(f *Facts) { f.Go.Env["CGO_ENABLED"] = "0" }},
	{"path.nonascii", "user name", Warn, func(f *Facts) { f.Go.Env["GOPATH"] = `C:\Users\李雷\go` }},
	{"path.nonascii", "on linux", Info, linux(func(f *Facts) { f.Go.TempDir = "/home/李雷/tmp" })},
	{"path.nonascii", "compiler", Warn, func(f *Facts) { f.Go.Env["CC"] = `D:\工具\gcc.exe` }},
	{"path.nonascii", "fails", Unknown, goFails},

	{"cgo.cc", "gcc", OK, nothing},
	{"cgo.cc", "none", Error, func(f *Facts) { f.CC = &CCFacts{CC: "gcc"} }},
	{"cgo.cc", "32 bits", Error, func(f *Facts) { f.CC.Machine = "mingw32"; f.CC.Machine = "i686-w64-mingw32" }},
	{"cgo.cc", "clang on a Mac", OK, linux(func(f *Facts) {
		f.OS, f.Go.Env["GOARCH"] = "darwin", "arm64"
		f.CC = &CCFacts{CC: "clang", Path: "/usr/bin/clang", Machine: "arm64-apple-darwin24.1.0"}
	})},
	{"cgo.cc", "cgo off", Skip, func(f *Facts) { f.Go.Env["CGO_ENABLED"] = "0" }},
	{"cgo.cc", "says nothing", Unknown, func(f *Facts) { f.CC.Machine = "" }},

	{"win.build", "current", OK, nothing},
	{"win.build", "old 10", Warn, func(f *Facts) { f.Windows.Build = 19043 }},
	{"win.build", "old 11", Warn, func(f *Facts) { f.Windows.Build = 22000 }},
	{"win.build", "old WSL", Warn, func(f *Facts) { f.WSL.Version = "2.0.9.0" }},
	{"win.build", "elsewhere", Skip, linux(nil)},
	{"win.build", "not gathered", Unknown, func(f *Facts) { f.Windows = nil }},

	{"win.virt", "hypervisor", OK, nothing},
	{"win.virt", "firmware off", Error, func(f *Facts) { f.PS.Hypervisor, f.Windows.VirtFirmware = no(), false }},
	{"win.virt", "no SLAT", Error, func(f *Facts) { f.PS.Hypervisor, f.Windows.SLAT = no(), false }},
	{"win.virt", "launch off", Warn, func(f *Facts) { f.PS.Hypervisor = no() }},
	{"win.virt", "no PowerShell", Unknown, func(f *Facts) { f.PS = &PSFacts{Err: "powershell.exe: file not found"} }},

	{"win.features", "on", OK, nothing},
	{"win.features", "off", Warn, func(f *Facts) { f.PS.Features["VirtualMachinePlatform"] = 2 }},
	{"win.features", "no state", Unknown, func(f *Facts) { f.PS.Features = nil }},
	{"win.features", "elsewhere", Skip, linux(nil)},

	{"wsl", "one", OK, nothing},
	{"wsl", "none", Info, func(f *Facts) { f.WSL.Distros = nil }},
	{"wsl", "version 1", Info, func(f *Facts) { f.WSL.Distros = append(f.WSL.Distros, Distro{"Debian", 1}) }},
	{"wsl", "denied", Unknown, func(f *Facts) { f.WSL = &WSLFacts{Err: "Access is denied."} }},

	{"docker", "answers", OK, nothing},
	{"docker", "denied", Error, linux(func(f *Facts) { f.Docker.State = "denied" })},
	{"docker", "stopped", Warn, func(f *Facts) { f.Docker.State = "absent" }},
	{"docker", "dead socket", Warn, linux(func(f *Facts) { f.Docker.State = "refused" })},
	{"docker", "not installed", Skip, func(f *Facts) { f.Docker = &DockerFacts{State: "absent"} }},
	{"docker", "strange", Unknown, func(f *Facts) { f.Docker.State = "" }},

	{"port.reserved", "free", OK, nothing},
	{"port.reserved", "reserved", Error, func(f *Facts) { f.Ports.Reserved = append(f.Ports.Reserved, Range{8005, 8104, false}) }},
	{"port.reserved", "administered", OK, func(f *Facts) { f.Ports.Reserved = append(f.Ports.Reserved, Range{8080, 8080, true}) }},
	{"port.reserved", "in use", Warn, linux(func(f *Facts) { f.Ports.Owners = []PortOwner{{8080, 4711, "java", "[::]:8080"}} })},
	{"port.reserved", "fails", Unknown, func(f *Facts) { f.Ports.Err = "netsh: exit status 1" }},

	{"net.stack", "both", OK, nothing},
	{"net.stack", "none", Error, func(f *Facts) { f.Net = &NetFacts{Stack: "none"} }},
	{"net.stack", "hosts lacks 127.0.0.1", Error, func(f *Facts) { f.Net.Localhost = []string{"::1"} }},
	{"net.stack", "hosts lacks ::1", Info, linux(func(f *Facts) { f.Net.Localhost = []string{"127.0.0.1"} })},
	{"net.stack", "::1 is not there", Warn, linux(func(f *Facts) { f.Net.Loopback6 = false })},
	{"net.stack", "fails", Unknown, func(f *Facts) { f.Net.Err = "lookup localhost: no such host" }},

	{"fw.block", "allowed", OK, nothing},
	{"fw.block", "blocked", Warn, func(f *Facts) {
		f.Firewall.Verdict["public"], f.Firewall.Blocks = "blocked", []string{`orders "test"`}
	}},
	{"fw.block", "no rule", Info, func(f *Facts) { f.Firewall.Verdict["public"] = "no rule" }},
	{"fw.block", "go run", Info, func(f *Facts) { f.Firewall.Verdict["public"], f.Firewall.GoRun = "no rule", true }},
	{"fw.block", "elsewhere", Skip, linux(nil)},
	{"fw.block", "denied", Unknown, func(f *Facts) { f.Firewall = &FirewallFacts{Err: "Access is denied."} }},

	{"dbg.dlv", "debuggable", OK, nothing},
	{"dbg.dlv", "nothing to judge", Skip, func(f *Facts) { f.Debug = &DebugFacts{} }},
	{"dbg.dlv", "optimised", Warn, func(f *Facts) { f.Debug.Verdict, f.Debug.Detail = "optimized", "-gcflags=" }},
	{"dbg.dlv", "main only", Warn, linux(func(f *Facts) { f.Debug.Verdict, f.Debug.Detail = "main only", "-gcflags=-N -l" })},
	{"dbg.dlv", "launch exec", Info, func(f *Facts) {
		f.Debug = &DebugFacts{Launch: "{\n// built by a task\n\"configurations\": [{\"type\": \"go\", \"mode\": \"exec\"},]}"}
	}},
	{"dbg.dlv", "launch broken", Warn, func(f *Facts) { f.Debug = &DebugFacts{Launch: `{"configurations": [`} }},
	{"dbg.dlv", "not a program", Unknown, func(f *Facts) { f.Debug.Err = "bin/orders: not a Go executable" }},

	{"con.cp", "UTF-8", OK, nothing},
	{"con.cp", "936", Info, func(f *Facts) { f.Console.Output = 936 }},
	{"con.cp", "beta", Info, func(f *Facts) { f.Console.ANSI = 65001 }},
	{"con.cp", "PowerShell", Info, func(f *Facts) { f.PS.OutputCodePage = 936 }},
	{"con.cp", "no console", Skip, func(f *Facts) { f.Console.Output = 0 }},
	{"con.cp", "linux", OK, linux(nil)},
	{"con.cp", "POSIX locale", Warn, linux(func(f *Facts) { f.Console.Encoding = "ASCII (C)" })},
	{"con.cp", "not gathered", Unknown, func(f *Facts) { f.Console = nil }},

	{"time", "running", OK, nothing},
	{"time", "by trigger", OK, func(f *Facts) { f.PS.TimeService = "Stopped" }},
	{"time", "disabled", Warn, func(f *Facts) { f.PS.TimeService, f.PS.TimeServiceStart = "Stopped", "Disabled" }},
	{"time", "linux", OK, linux(nil)},
	{"time", "linux adrift", Warn, linux(func(f *Facts) { f.Clock.Synchronised = no() })},
	{"time", "unsupported", Unknown, linux(func(f *Facts) { f.Clock = &ClockFacts{Err: "openbsd: unsupported operation"} })},

	{"path.long", "on", OK, nothing},
	{"path.long", "git", Warn, func(f *Facts) { f.Long.Git = "" }},
	{"path.long", "off", Info, func(f *Facts) { f.Long.Enabled = no() }},
	{"path.long", "no value", Unknown, func(f *Facts) { f.Long.Enabled = nil }},
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

func (x fixture) file() string {
	return filepath.Join("testdata", "golden", x.check, strings.NewReplacer(" ", "-", ":", "_").Replace(x.name)+".json")
}
