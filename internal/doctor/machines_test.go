package doctor

// healthyWindows is a developer's Windows 11 with everything in place.
func healthyWindows() *Facts {
	return &Facts{OS: "windows", Arch: "amd64", Lang: "en", MS: map[string]int64{}, Failed: map[string]string{},
		Tools: &ToolsFacts{Found: []GoTool{
			{`C:\Program Files\Go\bin\go.exe`, `C:\Program Files\Go\bin\go.exe`, `C:\Program Files\Go\bin`, "go1.26.8", `C:\Program Files\Go`},
		}},
		Go: &GoFacts{
			Env: map[string]string{"GOROOT": `C:\Program Files\Go`, "GOPATH": `C:\Users\li\go`, "GOPROXY": "https://proxy.golang.org,direct",
				"GOSUMDB": "sum.golang.org", "GOCACHE": `C:\Users\li\AppData\Local\go-build`, "GOMODCACHE": `C:\Users\li\go\pkg\mod`,
				"CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "windows"},
			System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
			Module: `C:\src\orders`, TempDir: `C:\Users\li\AppData\Local\Temp`,
		},
		Proxy:    &ProxyFacts{},
		Dirs:     &DirsFacts{},
		Sum:      &SumFacts{Module: `C:\src\orders`},
		CC:       &CCFacts{CC: "gcc", Path: `C:\msys64\ucrt64\bin\gcc.exe`, Machine: "x86_64-w64-mingw32"},
		Windows:  &WindowsFacts{Build: 26100, VirtFirmware: true, SLAT: true},
		PS:       &PSFacts{Hypervisor: new(true), OutputCodePage: 65001, Features: map[string]int{"VirtualMachinePlatform": 1, "Microsoft-Windows-Subsystem-Linux": 2, "Microsoft-Hyper-V": 2}},
		WSL:      &WSLFacts{Version: "2.4.13.0", Distros: []Distro{{"Ubuntu-24.04", 2}}},
		Docker:   &DockerFacts{CLI: `C:\Program Files\Docker\Docker\resources\bin\docker.exe`, Endpoint: "npipe:////./pipe/docker_engine", State: "ok", Group: "docker-users"},
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
	f.Tools = &ToolsFacts{Found: []GoTool{{"/usr/local/go/bin/go", "/usr/local/go/bin/go", "/usr/local/go/bin", "go1.26.8", "/usr/local/go"}}}
	f.Go = &GoFacts{
		Env: map[string]string{"GOROOT": "/usr/local/go", "GOPATH": "/home/li/go", "GOPROXY": "https://proxy.golang.org,direct", "GOSUMDB": "sum.golang.org",
			"GOCACHE": "/home/li/.cache/go-build", "GOMODCACHE": "/home/li/go/pkg/mod", "CGO_ENABLED": "1", "CC": "gcc", "GOARCH": "amd64", "GOOS": "linux"},
		System: map[string]string{}, File: map[string]string{}, Kept: map[string]string{},
		Module: "/home/li/orders", TempDir: "/tmp",
	}
	f.CC = &CCFacts{CC: "gcc", Path: "/usr/bin/gcc", Machine: "x86_64-linux-gnu", Packager: "apt-get"}
	f.Windows, f.PS, f.WSL, f.Long, f.Firewall = nil, nil, nil, nil, nil
	f.Docker = &DockerFacts{CLI: "/usr/bin/docker", Endpoint: "unix:///var/run/docker.sock", State: "ok", Group: "docker"}
	f.Debug.Binary = "bin/orders"
	f.Console = &ConsoleFacts{Encoding: "UTF-8"}
	f.Clock = &ClockFacts{Synchronised: true}
	f.Ports.Reserved = nil
	return f
}
