package doctor

import (
	"fmt"
	"strings"
)

func conCP(f *Facts) Result {
	c := f.Console
	if f.OS != "windows" {
		return locale(f)
	}
	evidence := []string{fmt.Sprintf("output %d, ANSI %d, OEM %d", c.Output, c.ANSI, c.OEM)}
	powershell := 0
	if f.PS != nil && f.PS.OutputCodePage != 0 {
		powershell = f.PS.OutputCodePage
		evidence = append(evidence, fmt.Sprint("PowerShell [Console]::OutputEncoding ", powershell))
	}
	const utf8 = 65001
	const encoding = "[Console]::OutputEncoding = [Text.UTF8Encoding]::new()"
	var r Result
	switch {
	case c.ANSI == utf8:
		r = f.result(Info, "the UTF-8 beta is on: all programs use UTF-8, and old ones may fail", "已启用 UTF-8 beta：所有程序使用 UTF-8，旧程序可能不支持")
	case c.Output == 0:
		r = f.result(Skip, "there is no console", "这里没有控制台")
	case c.Output != utf8:
		r = f.result(Info, "the console's code page is %d: programs that write UTF-8 bytes show as garbage", "控制台代码页为 %d：直接输出 UTF-8 字节的程序会显示乱码", c.Output)
		evidence = append(evidence, f.text("chcp 65001 makes it UTF-8; Go programs need nothing", "chcp 65001 可改为 UTF-8；Go 程序不受影响"))
	case powershell != 0 && powershell != utf8:
		r = f.result(Info, "a new PowerShell decodes the output of programs with code page %d", "新的 PowerShell 以代码页 %d 解读程序输出", powershell)
		evidence = append(evidence, encoding)
	default:
		r = f.result(OK, "the console's code page is UTF-8", "控制台代码页为 UTF-8")
	}
	r.Evidence = evidence
	if r.Status == Info {
		r.Doc = "https://learn.microsoft.com/windows/console/console-code-pages"
	}
	return r
}

// locale judges the encoding that other systems have in the place of a code page.
func locale(f *Facts) Result {
	encoding := f.Console.Encoding
	var r Result
	switch {
	case encoding == "UTF-8":
		return f.result(OK, "the locale is UTF-8", "区域设置为 UTF-8")
	case strings.HasPrefix(encoding, "ASCII"):
		r = f.result(Info, "the locale is ASCII: some programs will show question marks", "区域设置为 ASCII：有些程序会显示问号")
		r.Evidence = []string{encoding}
		return r
	default:
		r = f.result(Warn, "the locale is not UTF-8, which is what Go writes", "区域设置不是 UTF-8，而 Go 输出 UTF-8")
	}
	r.Evidence, r.Fix = []string{encoding}, &Fix{Sh: "export LC_ALL=C.UTF-8"}
	if f.OS == "darwin" {
		r.Fix.Sh = "export LC_ALL=en_US.UTF-8"
	}
	r.Doc = "https://pubs.opengroup.org/onlinepubs/9799919799/basedefs/V1_chap08.html"
	return r
}

func clock(f *Facts) Result {
	switch {
	case f.Clock.Synchronised:
		return f.result(OK, "the clock is synchronised", "时钟已同步")
	case f.Host != nil && f.Host.Container:
		return f.result(Skip, "a container has its host's clock", "容器使用宿主机的时钟")
	}
	r := f.result(Warn, "the clock is not synchronised: certificates and tokens fail when it is off", "时钟未同步：时间偏差会使证书和令牌失效")
	r.NeedsAdmin = true
	switch f.OS {
	case "windows":
		r.Evidence = []string{"w32time: " + f.Clock.Service}
		r.Fix = chain(program("sc.exe config w32time start= demand"), program("net start w32time"), program("w32tm /resync"))
		r.Doc = "https://learn.microsoft.com/windows-server/networking/windows-time-service/windows-time-service-tools-and-settings"
	default:
		if r.Fix = f.bySystemd("sudo timedatectl set-ntp true", "Start an NTP client such as chronyd.", "启动 NTP 客户端，例如 chronyd。"); f.Host != nil && f.Host.WSL {
			r.Fix = program("sudo hwclock --hctosys") // Windows keeps the clock, and WSL loses it in sleep
		}
		r.Doc = "https://man7.org/linux/man-pages/man1/timedatectl.1.html"
	}
	return r
}

// judgeTimeService reads the state of the Windows Time service and its Start value: 2 automatic, 3
// manual, 4 disabled.
func judgeTimeService(running bool, start uint64) *ClockFacts {
	state := "stopped"
	if running {
		state = "running"
	}
	return &ClockFacts{Synchronised: running || start == 3, Service: fmt.Sprintf("%s, start type %d", state, start)}
}

func pathLong(f *Facts) Result {
	l := f.Long
	var r Result
	switch {
	case l.GitPath != "" && l.Git != "true":
		r = f.result(Warn, "git rejects paths of more than 260 characters, which modules have", "git 拒绝超过 260 个字符的路径，而模块中会出现")
		r.Fix, r.Doc = program("git config --global core.longpaths true"), "https://git-scm.com/docs/git-config"
	case !l.Enabled:
		const fileSystem = `SYSTEM\CurrentControlSet\Control\FileSystem`
		r = f.result(Info, "long paths are off: Go does not need them, but gcc and other tools do", "未启用长路径：Go 不受影响，但 gcc 等工具会失败")
		r.Evidence, r.Doc = []string{`HKLM\` + fileSystem + `: LongPathsEnabled`}, "https://learn.microsoft.com/windows/win32/fileio/maximum-file-path-limitation"
	default:
		return f.result(OK, "long paths are on", "已启用长路径")
	}
	return r
}
