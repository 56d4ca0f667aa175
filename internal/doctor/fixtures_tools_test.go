package doctor

// toolFixtures are compilers, virtual machines and containers.
var toolFixtures = []fixture{
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
}
