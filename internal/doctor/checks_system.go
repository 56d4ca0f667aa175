package doctor

import (
	"fmt"
	"strings"
)

func pathNonASCII(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	if g.Env["CGO_ENABLED"] != "1" {
		return f.skip("cgo is off", "cgo 未启用")
	}
	var evidence []string
	var fix *Fix
	for _, dir := range []struct{ name, value, to string }{
		{"GOPATH", g.Env["GOPATH"], "go"}, {"GOTMPDIR", tmpDir(g), "gotmp"}, {"CC", g.Env["CC"], ""},
	} {
		if strings.ContainsFunc(dir.value, func(r rune) bool { return r > 0x7f }) {
			evidence = append(evidence, dir.name+"="+dir.value)
			if fix == nil && dir.to != "" {
				fix = &Fix{Cmd: `mkdir C:\` + dir.to + ` & go env -w ` + dir.name + `=C:\` + dir.to,
					PowerShell: `mkdir C:\` + dir.to + ` -Force; go env -w '` + dir.name + `=C:\` + dir.to + `'`,
					Sh:         "mkdir -p /var/tmp/" + dir.to + " && go env -w " + dir.name + "=/var/tmp/" + dir.to}
			}
		}
	}
	if len(evidence) == 0 {
		return f.ok("the directories that the C compiler sees are ASCII", "C 编译器所见的目录均为 ASCII")
	}
	if fix == nil {
		fix = same("go env -w CC=gcc")
	}
	status := Warn // it depends on the code page and on the compiler
	if f.OS != "windows" {
		status = Info // compilers elsewhere take bytes as they are
	}
	return Result{Status: status, Evidence: evidence, Fix: fix, Doc: "https://pkg.go.dev/cmd/cgo",
		Summary: f.text("cgo is used, and a directory that the C compiler sees is not ASCII", "启用了 cgo，而 C 编译器所见的目录含非 ASCII 字符")}
}

// machines are what -dumpmachine begins with, by GOARCH.
var machines = map[string][]string{
	"amd64": {"x86_64", "amd64"}, "386": {"i386", "i486", "i586", "i686"},
	"arm64": {"aarch64", "arm64"}, "arm": {"arm"}, "riscv64": {"riscv64"}, "ppc64le": {"powerpc64le", "ppc64le"}, "s390x": {"s390x"}, "loong64": {"loongarch64"},
}

func cgoCC(f *Facts) Result {
	g, r := goReady(f)
	if r != nil {
		return *r
	}
	if g.Env["CGO_ENABLED"] != "1" {
		return f.skip("cgo is off", "cgo 未启用")
	}
	if why, bad := missing(f.CC, func(c *CCFacts) string { return c.Err }); bad {
		return f.unknown(why)
	}
	fix := &Fix{Cmd: "winget install MSYS2.MSYS2 && C:\\msys64\\usr\\bin\\pacman -S --noconfirm mingw-w64-ucrt-x86_64-gcc",
		PowerShell: "winget install MSYS2.MSYS2; C:\\msys64\\usr\\bin\\pacman -S --noconfirm mingw-w64-ucrt-x86_64-gcc",
		Sh:         map[string]string{"darwin": "xcode-select --install", "linux": "sudo apt-get install gcc"}[f.OS]}
	if fix.Sh == "" {
		fix.Sh = "go env -w CGO_ENABLED=0"
	}
	const doc = "https://pkg.go.dev/cmd/cgo"
	if f.CC.Path == "" {
		return Result{Status: Error, Evidence: []string{"CC=" + f.CC.CC}, Fix: fix, Doc: doc,
			Summary: f.text("cgo is on, but there is no C compiler %q on PATH (or turn cgo off: go env -w CGO_ENABLED=0)",
				"启用了 cgo，但 PATH 上没有 C 编译器 %q（或关闭 cgo：go env -w CGO_ENABLED=0）", f.CC.CC)}
	}
	for _, prefix := range machines[g.Env["GOARCH"]] {
		if strings.HasPrefix(f.CC.Machine, prefix) {
			return f.ok("%s compiles for %s", "%s 的目标为 %s", f.CC.CC, f.CC.Machine)
		}
	}
	if f.CC.Machine == "" || machines[g.Env["GOARCH"]] == nil {
		return f.unknown(f.text("%s does not say what it compiles for", "%s 没有说明其目标", f.CC.CC))
	}
	return Result{Status: Error, Evidence: []string{f.CC.Path, f.CC.Machine}, Fix: fix, Doc: doc,
		Summary: f.text("the C compiler makes code for %s, Go for %s", "C 编译器的目标是 %s，Go 的目标是 %s", f.CC.Machine, g.Env["GOARCH"])}
}

// notWindows is the result of a check that is for Windows only.
func notWindows(f *Facts) *Result {
	if f.OS != "windows" {
		r := f.skip("for Windows only", "仅适用于 Windows")
		return &r
	}
	return nil
}

// dockerNeeds is what Docker Desktop's "Windows permission requirements and
// system requirements" page asks for; its table changes, so this is data.
var dockerNeeds = struct {
	Windows10, Windows11 uint32
	WSL                  [3]int
}{19045, 22631, [3]int{2, 1, 5}}

const docDocker = "https://docs.docker.com/desktop/setup/install/windows-install/"

func winBuild(f *Facts) Result {
	if r := notWindows(f); r != nil {
		return *r
	}
	if why, bad := missing(f.Windows, func(w *WindowsFacts) string { return w.Err }); bad {
		return f.unknown(why)
	}
	w := f.Windows
	need, name := dockerNeeds.Windows10, "Windows 10 22H2"
	if w.Build >= 22000 {
		need, name = dockerNeeds.Windows11, "Windows 11 23H2"
	}
	update := &Fix{Cmd: "start ms-settings:windowsupdate", PowerShell: "Start-Process ms-settings:windowsupdate", Sh: "explorer.exe ms-settings:windowsupdate"}
	if w.Build < need {
		return Result{Status: Warn, Evidence: []string{fmt.Sprint("build ", w.Build)}, Fix: update, Reboot: true, Doc: docDocker,
			Summary: f.text("Windows build %d is older than Docker Desktop supports (%s, %d)", "Windows 内部版本 %d 低于 Docker Desktop 支持的版本（%s，%d）", w.Build, name, need)}
	}
	if f.WSL != nil && f.WSL.Version != "" && older(f.WSL.Version, dockerNeeds.WSL) {
		return Result{Status: Warn, Evidence: []string{"WSL " + f.WSL.Version}, Fix: same("wsl --update"), Doc: docDocker,
			Summary: f.text("WSL %s is older than Docker Desktop supports (%d.%d.%d)", "WSL %s 低于 Docker Desktop 支持的版本（%d.%d.%d）",
				f.WSL.Version, dockerNeeds.WSL[0], dockerNeeds.WSL[1], dockerNeeds.WSL[2])}
	}
	return f.ok("Windows build %d", "Windows 内部版本 %d", w.Build)
}

// older compares a dotted version with the first three numbers of another.
func older(version string, than [3]int) bool {
	var v [3]int
	fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2])
	for i := range v {
		if v[i] != than[i] {
			return v[i] < than[i]
		}
	}
	return false
}

func winVirt(f *Facts) Result {
	if r := notWindows(f); r != nil {
		return *r
	}
	if why, bad := missing(f.Windows, func(w *WindowsFacts) string { return w.Err }); bad {
		return f.unknown(why)
	}
	const doc = "https://learn.microsoft.com/windows/wsl/troubleshooting"
	w := f.Windows
	if f.PS != nil && f.PS.Hypervisor != nil && *f.PS.Hypervisor {
		return f.ok("a hypervisor is running", "虚拟机监控程序正在运行")
	}
	if f.PS == nil || f.PS.Hypervisor == nil {
		why := "the hypervisor's state was not gathered"
		if f.PS != nil && f.PS.Err != "" {
			why = f.PS.Err
		}
		return f.unknown(why)
	}
	switch {
	case !w.VirtFirmware:
		return Result{Status: Error, Doc: doc, Reboot: true, NeedsAdmin: true,
			Summary: f.text("virtualisation is off in the firmware: turn it on there (VT-x, AMD-V, SVM)", "固件中未开启虚拟化：请在固件设置中开启（VT-x、AMD-V、SVM）"),
			Fix:     &Fix{Cmd: "shutdown /r /fw /t 0", PowerShell: "shutdown /r /fw /t 0", Sh: "shutdown.exe /r /fw /t 0"}}
	case !w.SLAT:
		return Result{Status: Error, Doc: doc,
			Summary: f.text("this processor has no second level address translation: WSL 2 and Hyper-V can't run", "处理器不支持二级地址转换（SLAT）：无法运行 WSL 2 和 Hyper-V")}
	}
	return Result{Status: Warn, Doc: doc, NeedsAdmin: true, Reboot: true, Fix: same("bcdedit /set hypervisorlaunchtype auto"),
		Summary: f.text("virtualisation is on in the firmware, but no hypervisor runs", "固件已开启虚拟化，但没有虚拟机监控程序在运行")}
}

func winFeatures(f *Facts) Result {
	if r := notWindows(f); r != nil {
		return *r
	}
	if why, bad := missing(f.PS, func(p *PSFacts) string { return p.Err }); bad {
		return f.unknown(why)
	}
	var evidence []string
	state := func(name string) int {
		evidence = append(evidence, name+": "+map[int]string{1: "enabled", 2: "disabled", 3: "absent"}[f.PS.Features[name]])
		return f.PS.Features[name]
	}
	platform := state("VirtualMachinePlatform")
	state("Microsoft-Windows-Subsystem-Linux") // WSL from the store does without
	state("Microsoft-Hyper-V")                 // nor does Docker Desktop with WSL 2 need it
	switch platform {
	case 1:
		return Result{Status: OK, Evidence: evidence, Summary: f.text("VirtualMachinePlatform is enabled", "VirtualMachinePlatform 已启用")}
	case 0:
		return f.unknown("VirtualMachinePlatform: no state")
	}
	return Result{Status: Warn, Evidence: evidence, NeedsAdmin: true, Reboot: true, Doc: "https://learn.microsoft.com/windows/wsl/install-manual",
		Fix:     same("dism.exe /online /enable-feature /featurename:VirtualMachinePlatform /all /norestart"),
		Summary: f.text("VirtualMachinePlatform is not enabled: WSL 2 and Docker Desktop need it", "VirtualMachinePlatform 未启用：WSL 2 和 Docker Desktop 需要它")}
}

func wsl(f *Facts) Result {
	if r := notWindows(f); r != nil {
		return *r
	}
	if why, bad := missing(f.WSL, func(w *WSLFacts) string { return w.Err }); bad {
		return f.unknown(why)
	}
	const doc = "https://learn.microsoft.com/windows/wsl/install"
	var evidence []string
	for _, d := range f.WSL.Distros {
		evidence = append(evidence, fmt.Sprintf("%s (WSL %d)", d.Name, d.Version))
	}
	for _, d := range f.WSL.Distros {
		if d.Version == 1 {
			return Result{Status: Info, Evidence: evidence, Doc: doc, Fix: same("wsl --set-version " + psQuote(d.Name) + " 2"),
				Summary: f.text("%s runs on WSL 1, which Docker Desktop can't use", "%s 运行在 WSL 1 上，Docker Desktop 无法使用", d.Name)}
		}
	}
	if len(evidence) == 0 {
		return Result{Status: Info, Doc: doc, Fix: same("wsl --install"), NeedsAdmin: true, Reboot: true,
			Summary: f.text("no WSL distribution is installed for this user", "当前用户没有安装 WSL 发行版")}
	}
	return Result{Status: OK, Evidence: evidence, Summary: f.text("%d WSL distributions", "%d 个 WSL 发行版", len(evidence))}
}

func docker(f *Facts) Result {
	if why, bad := missing(f.Docker, func(d *DockerFacts) string { return d.Err }); bad {
		return f.unknown(why)
	}
	d := f.Docker
	evidence := []string{d.Endpoint}
	const doc = "https://docs.docker.com/engine/daemon/troubleshoot/"
	start := &Fix{Cmd: `start "" "%ProgramFiles%\Docker\Docker\Docker Desktop.exe"`,
		PowerShell: `Start-Process "$env:ProgramFiles\Docker\Docker\Docker Desktop.exe"`,
		Sh:         map[string]string{"darwin": "open -a Docker"}[f.OS]}
	if start.Sh == "" {
		start.Sh = "sudo systemctl start docker"
	}
	switch d.State {
	case "ok":
		return f.ok("the engine answers: %s", "引擎有响应：%s", d.Endpoint)
	case "denied":
		return Result{Status: Error, Evidence: evidence, NeedsAdmin: true, Doc: doc,
			Summary: f.text("the engine runs, but this user may not use it (group %s; sign in again after)", "引擎在运行，但当前用户无权使用（用户组 %s；之后请重新登录）", d.Group),
			Fix: &Fix{Cmd: "net localgroup docker-users %USERNAME% /add", PowerShell: "Add-LocalGroupMember docker-users $env:USERNAME",
				Sh: `sudo usermod -aG docker "$USER"`}}
	case "refused":
		return Result{Status: Warn, Evidence: evidence, Doc: doc, Fix: start,
			Summary: f.text("the engine's endpoint is there, but nothing answers", "引擎的端点存在，但没有响应")}
	case "absent":
		if d.CLI == "" && d.Host == "" {
			return f.skip("Docker is not installed", "未安装 Docker")
		}
		return Result{Status: Warn, Evidence: append(evidence, d.CLI), Doc: doc, Fix: start,
			Summary: f.text("the docker command is there, but no engine runs", "有 docker 命令，但引擎没有运行")}
	}
	return f.unknown("state " + d.State)
}

func clock(f *Facts) Result {
	fix := &Fix{Cmd: "net start w32time & w32tm /resync", PowerShell: "Start-Service w32time; w32tm /resync",
		Sh: map[string]string{"darwin": "sudo sntp -sS time.apple.com"}[f.OS]}
	if fix.Sh == "" {
		fix.Sh = "sudo timedatectl set-ntp true"
	}
	bad := Result{Status: Warn, Fix: fix, NeedsAdmin: true, Doc: "https://learn.microsoft.com/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings",
		Summary: f.text("nothing keeps the clock: certificates and tokens will fail when it is off", "时钟没有同步：时间偏差会使证书和令牌失效")}
	if f.OS == "windows" {
		if why, no := missing(f.PS, func(p *PSFacts) string { return p.Err }); no {
			return f.unknown(why)
		}
		switch {
		case f.PS.TimeService == "":
			return f.unknown("w32time: no state")
		case f.PS.TimeService == "Running":
			return f.ok("the Windows Time service runs", "Windows 时间服务正在运行")
		case f.PS.TimeServiceStart == "Manual": // the default: a trigger starts it, and it ends again
			return f.ok("the Windows Time service starts by itself when it is needed", "Windows 时间服务会在需要时自动启动")
		}
		bad.Evidence = []string{"w32time: " + f.PS.TimeService + ", " + f.PS.TimeServiceStart}
		return bad
	}
	if why, no := missing(f.Clock, func(c *ClockFacts) string { return c.Err }); no {
		return f.unknown(why)
	}
	if f.Clock.Synchronised == nil {
		return f.unknown("no state")
	}
	if *f.Clock.Synchronised {
		return f.ok("the clock is synchronised", "时钟已同步")
	}
	return bad
}

func pathLong(f *Facts) Result {
	if r := notWindows(f); r != nil {
		return *r
	}
	if why, bad := missing(f.Long, func(l *LongFacts) string { return l.Err }); bad {
		return f.unknown(why)
	}
	if f.Long.GitPath != "" && f.Long.Git != "true" {
		return Result{Status: Warn, Doc: "https://git-scm.com/docs/git-config", Fix: same("git config --global core.longpaths true"),
			Summary: f.text("git refuses paths over 260 characters; module caches have such", "git 拒绝超过 260 个字符的路径，而模块缓存中会出现")}
	}
	if f.Long.Enabled == nil {
		return f.unknown("LongPathsEnabled: no value")
	}
	if !*f.Long.Enabled {
		const key = `HKLM\SYSTEM\CurrentControlSet\Control\FileSystem`
		return Result{Status: Info, NeedsAdmin: true, Doc: "https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation",
			Fix: &Fix{Cmd: "reg add " + key + " /v LongPathsEnabled /t REG_DWORD /d 1 /f",
				PowerShell: "Set-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\FileSystem' LongPathsEnabled 1",
				Sh:         "reg.exe add '" + key + "' /v LongPathsEnabled /t REG_DWORD /d 1 /f"},
			Summary: f.text("long paths are off: Go copes, gcc and other tools don't", "未启用长路径：Go 可以处理，但 gcc 等工具不行")}
	}
	return f.ok("long paths are on", "已启用长路径")
}
