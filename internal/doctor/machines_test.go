package doctor

import "time"

// healthyWindows is a developer's Windows 11 with everything in place.
func healthyWindows() *Facts {
	return &Facts{OS: "windows", Arch: "amd64", Lang: "en", Now: time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC), MS: map[string]int64{}, Failed: map[string]string{},
		Host: &HostFacts{},
		Tools: &ToolsFacts{Found: []GoTool{
			{`C:\Program Files\Go\bin\go.exe`, `C:\Program Files\Go\bin\go.exe`, `C:\Program Files\Go\bin`, "go1.26.8", `C:\Program Files\Go`, ""},
		}},
		Path: &PathFacts{Length: 300, Dirs: []string{`C:\Program Files\Go\bin`, `c:\users\li\go\bin\`}, Bin: `C:\Users\li\go\bin`, Has: []string{"dlv.exe"}},
		VCS:  &VCSFacts{Root: `C:\src\orders`, Git: `C:\Program Files\Git\cmd\git.exe`},
		HTTP: &HTTPFacts{},
		Dev:  &DevFacts{Dlv: DevTool{`C:\Users\li\go\bin\dlv.exe`, "v1.26.0", "go1.26.8"}},
		Go: &GoFacts{
			Env: map[string]string{"GOROOT": `C:\Program Files\Go`, "GOPATH": `C:\Users\li\go`, "GOPROXY": "https://proxy.golang.org,direct",
				"GOSUMDB": "sum.golang.org", "GOCACHE": `C:\Users\li\AppData\Local\go-build`, "GOMODCACHE": `C:\Users\li\go\pkg\mod`,
				"CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "windows", "GOHOSTARCH": "amd64", "GOHOSTOS": "windows", "GOVERSION": "go1.26.8"},
			System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
			Module: `C:\src\orders`, TempDir: `C:\Users\li\AppData\Local\Temp`, Mod: ModFile{Go: "1.26"}, Toolchain: "auto", Fallback: "auto",
		},
		Proxy:    &ProxyFacts{},
		Dirs:     &DirsFacts{},
		Sum:      &SumFacts{Module: `C:\src\orders`, Looked: 41, Of: 41},
		CC:       &CCFacts{CC: "gcc", Path: `C:\msys64\ucrt64\bin\gcc.exe`, Machine: "x86_64-w64-mingw32"},
		Windows:  &WindowsFacts{Build: 26100, VirtFirmware: true, SLAT: true},
		PS:       &PSFacts{Hypervisor: new(true), OutputCodePage: 65001, Features: map[string]int{"VirtualMachinePlatform": 1, "Microsoft-Windows-Subsystem-Linux": 2, "Microsoft-Hyper-V": 2}},
		WSL:      &WSLFacts{Version: "2.4.13.0", Distros: []Distro{{"Ubuntu-24.04", 2}}},
		Docker:   &DockerFacts{CLI: `C:\Program Files\Docker\Docker\resources\bin\docker.exe`, Endpoint: "npipe:////./pipe/docker_engine", Engine: "desktop", State: "ok", Group: "docker-users"},
		Ports:    &PortsFacts{Ports: []int{8080}, Reserved: []Range{{First: 50000, Last: 50059, Administered: true}}},
		Net:      &NetFacts{IPv4: true, IPv6: true, Loopback6: true, Stack: "IPv4, IPv6, [::1], v4-mapped, bindv6only=1", Localhost: []string{"::1", "127.0.0.1"}},
		Firewall: &FirewallFacts{Program: `C:\src\orders\bin\orders.exe`, Verdicts: []PortVerdict{{Port: 8080, Domain: "allowed", Private: "allowed", Public: "allowed"}}},
		Debug:    &DebugFacts{Binary: `bin\orders.exe`, Verdict: "debuggable", Reason: "every package was compiled without optimisation: breakpoints will hit"},
		Console:  &ConsoleFacts{Output: 65001, ANSI: 936, OEM: 936},
		Clock:    judgeTimeService(true, 3),
		Long:     &LongFacts{Enabled: true, Git: "true", GitPath: `C:\Program Files\Git\cmd\git.exe`},
	}
}

// healthyLinux is what an Ubuntu looks like.
func healthyLinux() *Facts {
	f := healthyWindows()
	f.OS = "linux"
	f.Tools = &ToolsFacts{Found: []GoTool{{"/usr/local/go/bin/go", "/usr/local/go/bin/go", "/usr/local/go/bin", "go1.26.8", "/usr/local/go", ""}}}
	f.Host = &HostFacts{Systemd: true}
	f.Path = &PathFacts{Length: 100, Dirs: []string{"/usr/bin", "/home/li/go/bin"}, Bin: "/home/li/go/bin", Has: []string{"dlv"}}
	f.VCS = &VCSFacts{Root: "/home/li/orders", Git: "/usr/bin/git"}
	f.Dev = &DevFacts{Dlv: DevTool{"/home/li/go/bin/dlv", "v1.26.0", "go1.26.8"}, Gopls: DevTool{"/home/li/go/bin/gopls", "v0.20.0", "go1.26.1"}}
	f.Go = &GoFacts{
		Env: map[string]string{"GOROOT": "/usr/local/go", "GOPATH": "/home/li/go", "GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org",
			"GOCACHE": "/home/li/.cache/go-build", "GOMODCACHE": "/home/li/go/pkg/mod", "CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "linux", "GOHOSTARCH": "amd64", "GOHOSTOS": "linux", "GOVERSION": "go1.26.8"},
		System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
		Module: "/home/li/orders", TempDir: "/tmp", Mod: ModFile{Go: "1.26"}, Toolchain: "auto", Fallback: "auto",
	}
	f.CC = &CCFacts{CC: "gcc", Path: "/usr/bin/gcc", Machine: "x86_64-linux-gnu", Packager: "apt-get"}
	f.Windows, f.PS, f.WSL, f.Long, f.Firewall = nil, nil, nil, nil, nil
	f.Docker = &DockerFacts{CLI: "/usr/bin/docker", Endpoint: "unix:///var/run/docker.sock", Engine: "docker", State: "ok", Group: "docker"}
	f.Debug.Binary = "bin/orders"
	f.Console = &ConsoleFacts{Encoding: "UTF-8"}
	f.Clock = &ClockFacts{Synchronised: true}
	f.Ports.Reserved = nil
	return f
}
