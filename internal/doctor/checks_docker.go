package doctor

import (
	"fmt"
	"strings"
)

// dockerNeeds is what "Install Docker Desktop on Windows", System requirements, asks for. That
// page's table changes, so this is data.
var dockerNeeds = struct {
	Windows10, Windows11 uint32
	WSL                  [3]int
}{19045, 22631, [3]int{2, 1, 5}}

const (
	docDocker = "https://docs.docker.com/desktop/setup/install/windows-install/"
	docWSL    = "https://learn.microsoft.com/windows/wsl/troubleshooting"
)

func winBuild(f *Facts) Result {
	build := f.Windows.Build
	need, name := dockerNeeds.Windows10, "Windows 10 22H2"
	if build >= 22000 {
		need, name = dockerNeeds.Windows11, "Windows 11 23H2"
	}
	wsl := dockerNeeds.WSL
	var r Result
	switch {
	case f.Windows.Server:
		r = f.result(ifWanted(f, Warn), "this is Windows Server (build %d), which Docker Desktop does not support", "这是 Windows Server（内部版本 %d），Docker Desktop 不支持", build)
		r.Doc = docDocker
		return r
	case build < need:
		r = f.result(Warn, "Docker Desktop does not support Windows build %d, but %s (%d) and later", "Docker Desktop 不支持 Windows 内部版本 %d，需要 %s（%d）或更高", build, name, need)
		r.Fix, r.Reboot = program("explorer.exe ms-settings:windowsupdate"), true
	case f.WSL != nil && f.WSL.Version != "" && older(f.WSL.Version, wsl):
		r = f.result(Warn, "Docker Desktop does not support WSL %s, but %d.%d.%d and later", "Docker Desktop 不支持 WSL %s，需要 %d.%d.%d 或更高", f.WSL.Version, wsl[0], wsl[1], wsl[2])
		r.Fix = program("wsl --update")
	default:
		return f.result(OK, "Windows build %d", "Windows 内部版本 %d", build)
	}
	r.Doc = docDocker
	return r
}

// older compares a dotted version with the first three numbers of another.
func older(version string, than [3]int) bool {
	var v [3]int
	fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]) // what is missing is 0
	for i := range v {
		if v[i] != than[i] {
			return v[i] < than[i]
		}
	}
	return false
}

// ifWanted lowers a status to Info on a Windows where nothing needs WSL 2.
func ifWanted(f *Facts, s Status) Status {
	if f.Docker != nil && f.Docker.CLI != "" || f.WSL != nil && len(f.WSL.Distros) > 0 {
		return s
	}
	return Info
}

// missing is why a value of p is not there.
func (p *PSFacts) missing(name string) string {
	if p.Late != "" {
		return name + ": " + p.Late
	}
	return name + ": Windows does not say"
}

func winVirt(f *Facts) Result {
	var r Result
	switch {
	case f.PS.Hypervisor == nil:
		return f.unknown(f.PS.missing("HypervisorPresent"))
	case *f.PS.Hypervisor:
		return f.result(OK, "a hypervisor is running, or this is a virtual machine", "虚拟机监控程序正在运行，或本机就是虚拟机")
	case !f.Windows.VirtFirmware:
		r = f.result(ifWanted(f, Error), "virtualisation (VT-x, AMD-V, SVM) is off in the firmware", "固件中未开启虚拟化（VT-x、AMD-V、SVM）")
		r.Fix, r.NeedsAdmin, r.Reboot = program("shutdown.exe /r /fw /t 30"), true, true
	case !f.Windows.SLAT:
		r = f.result(ifWanted(f, Error), "this processor has no second level address translation: WSL 2 and Hyper-V can't run", "处理器不支持二级地址转换（SLAT）：无法运行 WSL 2 和 Hyper-V")
	default:
		r = f.result(ifWanted(f, Warn), "virtualisation is enabled in the firmware, but no hypervisor is running", "固件已开启虚拟化，但没有虚拟机监控程序在运行")
		r.Fix, r.NeedsAdmin, r.Reboot = program("bcdedit.exe /set hypervisorlaunchtype auto"), true, true
	}
	if r.Doc = docWSL; r.Status == Info {
		r.Fix, r.NeedsAdmin, r.Reboot = nil, false, false // nothing here needs it
	}
	return r
}

func winFeatures(f *Facts) Result {
	const platform = "VirtualMachinePlatform"
	var evidence []string
	// WSL from the store does without the second, Docker Desktop without the third.
	for _, name := range []string{platform, "Microsoft-Windows-Subsystem-Linux", "Microsoft-Hyper-V"} {
		if state, ok := map[int]string{1: "enabled", 2: "disabled", 3: "absent"}[f.PS.Features[name]]; ok {
			evidence = append(evidence, name+": "+state)
		}
	}
	var r Result
	switch f.PS.Features[platform] {
	case 1:
		r = f.result(OK, "VirtualMachinePlatform is enabled", "VirtualMachinePlatform 已启用")
	case 2, 3:
		r = f.result(ifWanted(f, Warn), "VirtualMachinePlatform is not enabled: WSL 2 and Docker Desktop need it", "VirtualMachinePlatform 未启用：WSL 2 和 Docker Desktop 需要它")
		r.Fix, r.NeedsAdmin, r.Reboot = program("dism.exe /online /enable-feature /featurename:VirtualMachinePlatform /all /norestart"), true, true
		if r.Doc = "https://learn.microsoft.com/windows/wsl/install-manual"; r.Status == Info {
			r.Fix, r.NeedsAdmin, r.Reboot = nil, false, false
		}
	default:
		return f.unknown(f.PS.missing(platform))
	}
	r.Evidence = evidence
	return r
}

func wsl(f *Facts) Result {
	const doc = "https://learn.microsoft.com/windows/wsl/install"
	var evidence []string
	var fixes []*Fix
	for _, d := range f.WSL.Distros {
		evidence = append(evidence, fmt.Sprintf("%s (WSL %d)", d.Name, d.Version))
		if d.Version == 1 {
			fixes = append(fixes, program(`wsl --set-version "`+d.Name+`" 2`))
		}
	}
	var r Result
	switch {
	case evidence == nil:
		r = f.result(Info, "this user has no WSL distribution", "当前用户没有安装 WSL 发行版")
		r.Doc = doc
	case fixes != nil:
		r = f.result(Info, "a distribution runs on WSL 1, which Docker Desktop can't use", "有发行版运行在 WSL 1 上，Docker Desktop 无法使用")
		if r.Doc = doc; f.Docker != nil && f.Docker.CLI != "" {
			r.Status, r.Fix = Warn, chain(fixes...)
		}
	default:
		r = f.result(OK, "WSL distributions: %s", "WSL 发行版：%s", strings.Join(evidence, f.comma()))
	}
	r.Evidence = evidence
	return r
}

func docker(f *Facts) Result {
	d := f.Docker
	var r Result
	switch d.State {
	case "ok":
		return f.result(OK, "the engine answers at %s", "引擎有响应：%s", d.Endpoint)
	case "denied":
		r = f.result(Error, "the engine is running, but this user may not use it: only members of %s may, after their next sign-in", "引擎在运行，但当前用户无权使用：仅限用户组 %s 的成员，加入后需重新登录", d.Group)
		r.NeedsAdmin = true
		r.Fix = &Fix{"", `net localgroup docker-users "%USERDOMAIN%\%USERNAME%" /add`, `Add-LocalGroupMember docker-users "$env:USERDOMAIN\$env:USERNAME"`, `sudo usermod -aG docker "$USER"`}
		if f.OS == "windows" {
			r.Fix.Sh = `net localgroup docker-users "$USERDOMAIN\\$USERNAME" //add`
		}
	case "refused":
		r = f.result(Warn, "the engine's endpoint exists, but nothing answers", "引擎的端点存在，但没有响应")
		r.Fix = f.startDocker()
	case "no context":
		r = f.result(Error, "docker's context %q does not exist: docker refuses to work", "docker 的上下文 %q 不存在：docker 拒绝工作", d.Context)
		r.Fix, r.Doc = program("docker context use default"), "https://docs.docker.com/engine/manage-resources/contexts/"
		return r
	case "absent":
		if d.CLI == "" && d.Host == "" {
			return f.result(Skip, "Docker is not installed", "未安装 Docker")
		}
		r = f.result(Warn, "the docker command is installed, but no engine is running", "有 docker 命令，但引擎没有运行")
		r.Fix = f.startDocker()
	case "not asked":
		return f.result(Unknown, "the engine is on another machine: --online checks it", "引擎在另一台机器上：--online 才会询问")
	default:
		return f.unknown("state " + d.State)
	}
	r.Evidence, r.Doc = []string{d.Endpoint}, "https://docs.docker.com/engine/daemon/troubleshoot/"
	if d.Context != "" {
		r.Evidence = append(r.Evidence, "docker context "+d.Context)
	}
	return r
}

// startDocker starts the engine that the endpoint is of. Not every Linux has systemd.
func (f *Facts) startDocker() *Fix {
	switch f.Docker.Engine {
	case "colima":
		return program("colima start")
	case "rancher":
		return program("rdctl start")
	case "orbstack":
		return program("orb start")
	case "podman":
		if f.OS != "linux" {
			return program("podman machine start")
		}
		return f.bySystemd("systemctl --user start podman.socket", "Start podman system service.", "启动 podman system service。")
	case "rootless":
		return f.bySystemd("systemctl --user start docker", "Start dockerd-rootless.sh.", "启动 dockerd-rootless.sh。")
	}
	switch {
	case f.OS == "windows":
		return &Fix{"", `start "" "%ProgramFiles%\Docker\Docker\Docker Desktop.exe"`, `Start-Process "$env:ProgramFiles\Docker\Docker\Docker Desktop.exe"`,
			`"$PROGRAMFILES\\Docker\\Docker\\Docker Desktop.exe" &`}
	case f.OS == "darwin":
		return program("open -a Docker")
	case f.Host != nil && f.Host.Container:
		return &Fix{Do: f.text("This is a container: run it with -v /var/run/docker.sock:/var/run/docker.sock, or set DOCKER_HOST.", "这是容器：请用 -v /var/run/docker.sock:/var/run/docker.sock 运行它，或设置 DOCKER_HOST。")}
	case f.Host != nil && f.Host.WSL && !f.Host.Systemd:
		return &Fix{Do: f.text("Start Docker Desktop in Windows, with WSL integration for this distribution; or, for an engine of its own:", "在 Windows 中启动 Docker Desktop，并为此发行版启用 WSL 集成；若使用自带的引擎："), Sh: "sudo service docker start"}
	}
	return f.bySystemd("sudo systemctl start docker", "Start dockerd.", "启动 dockerd。")
}

// bySystemd is a command that needs systemd, or what else to do where there is none.
func (f *Facts) bySystemd(line, en, zh string) *Fix {
	if f.Host != nil && !f.Host.Systemd {
		return &Fix{Do: f.text(en, zh)}
	}
	return program(line)
}
