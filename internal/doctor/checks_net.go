package doctor

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/internal/portowner"
)

func portReserved(f *Facts) Result {
	var evidence, reserved, taken []string
	var fixes []*Fix
	for _, port := range f.Ports.Ports {
		for _, r := range f.Ports.Reserved {
			if r.First <= port && port <= r.Last && !r.Administered {
				reserved = append(reserved, strconv.Itoa(port))
				evidence = append(evidence, fmt.Sprintf("%d: %d-%d", port, r.First, r.Last))
				fixes = append(fixes, freeRange(r, port))
				break
			}
		}
		var pids []int
		var owner string
		for _, o := range f.Ports.Owners {
			if o.Port != port {
				continue
			}
			evidence = append(evidence, strings.TrimSpace(fmt.Sprintf("%s: pid %d %s", o.Addr, o.PID, o.Name)))
			if !slices.Contains(pids, o.PID) {
				pids = append(pids, o.PID)
				fixes = append(fixes, freePort(f.OS, o))
				owner = f.text("%s, pid %d", "%s，pid %d", o.Name, o.PID)
				if o.PID == 0 {
					owner = f.text("of another account", "属于其他用户")
				}
			}
		}
		if pids != nil {
			taken = append(taken, f.text("%d (%s)", "%d（%s）", port, owner))
		}
	}
	var r Result
	switch {
	case reserved != nil:
		r = f.result(Error, "Windows has reserved a port, as it does for Hyper-V, WSL and Docker: %s", "Windows 保留了端口（用于 Hyper-V、WSL 和 Docker）：%s", strings.Join(reserved, f.comma()))
		r.NeedsAdmin, r.Doc = true, "https://github.com/microsoft/WSL/issues/5306"
	case taken != nil:
		r = f.result(Warn, "in use: %s", "端口被占用：%s", strings.Join(taken, f.comma()))
	default:
		return f.result(OK, "free: %s", "空闲：%s", strings.Trim(fmt.Sprint(f.Ports.Ports), "[]"))
	}
	r.Evidence, r.Fix = evidence, chain(fixes...)
	return r
}

// freeRange is what to do about a port in a range that Windows has reserved.
func freeRange(r Range, port int) *Fix {
	advice := portowner.OfRange(portowner.Range{First: r.First, Last: r.Last}, "tcp4", port)
	if len(advice.End) == 0 {
		return asTyped("windows", advice.Show[0])
	}
	var fixes []*Fix
	for _, line := range advice.End {
		fixes = append(fixes, asTyped("windows", line))
	}
	return chain(fixes...)
}

// freePort ends the process that has a port if it is an ordinary one. One that has the port for
// another program is left alone: the command shows what is behind it.
func freePort(goos string, o PortOwner) *Fix {
	advice := portowner.Of(portowner.Socket{GOOS: goos, Network: "tcp", Port: o.Port, PID: o.PID, Name: o.Name})
	line := advice.Show[0]
	if advice.Who == "" && len(advice.End) > 0 {
		line = advice.End[0]
	}
	return asTyped(goos, line)
}

// asTyped is a line as this system's own shell has it. A pipe is the same in all.
func asTyped(goos, line string) *Fix {
	switch {
	case !strings.ContainsAny(line, "|'"):
		return program(line)
	case goos == "windows":
		return &Fix{"", line, line, line}
	}
	return &Fix{Sh: line}
}

func netStack(f *Facts) Result {
	n := f.Net
	has := func(addr string) bool { return slices.Contains(n.Localhost, addr) }
	r := f.result(OK, "%s", "%s", n.Stack)
	switch {
	case !n.IPv4 && !n.IPv6:
		r = f.result(Error, "there is neither IPv4 nor IPv6", "IPv4 和 IPv6 均不可用")
		r.Fix = map[string]*Fix{"windows": program("netsh int ip reset"), "linux": program("sudo ip link set lo up")}[f.OS]
		r.NeedsAdmin, r.Reboot = true, f.OS == "windows"
	case n.IPv4 && !has("127.0.0.1"):
		r = f.result(Error, "localhost does not resolve to 127.0.0.1", "localhost 没有解析到 127.0.0.1")
		r.Fix, r.NeedsAdmin = addHost(f.OS, "127.0.0.1"), true
	case n.Loopback6 && !has("::1"):
		r = f.result(Info, "[::1] exists, but localhost does not resolve to it: clients only use IPv4", "[::1] 可用，但 localhost 没有解析到它：客户端只会使用 IPv4")
	case has("::1") && !n.Loopback6:
		r = f.result(Warn, "localhost resolves to [::1], which does not exist on this machine: clients try it first, and wait", "localhost 解析到 [::1]，但本机没有该地址：客户端先尝试它，然后等待")
		r.Fix, r.NeedsAdmin, r.Reboot = addLoopback6(f.OS), true, f.OS == "windows"
	}
	r.Evidence = []string{n.Stack, "localhost: " + strings.Join(n.Localhost, ", ")}
	if r.Status != OK {
		r.Doc = "https://www.rfc-editor.org/rfc/rfc6761#section-6.3"
	}
	return r
}

// addHost gives localhost an address in the hosts file.
func addHost(goos, addr string) *Fix {
	line := addr + " localhost" // after a newline: the file's last line may lack one
	x := &Fix{"", `(echo.& echo ` + line + `)>>"%SystemRoot%\System32\drivers\etc\hosts"`,
		"Add-Content \"$env:SystemRoot\\System32\\drivers\\etc\\hosts\" \"`n" + line + `"`,
		`printf '\n` + line + `\n' | sudo tee -a /etc/hosts`}
	if goos == "windows" {
		x.Sh = `printf '\n` + line + `\n' >>"$SYSTEMROOT\\System32\\drivers\\etc\\hosts"`
	}
	return x
}

// addLoopback6 switches IPv6 on where it was switched off. On Windows that is
// "Guidance for configuring IPv6 in Windows for advanced users".
func addLoopback6(goos string) *Fix {
	switch goos {
	case "windows":
		return program(`reg delete HKLM\SYSTEM\CurrentControlSet\Services\Tcpip6\Parameters /v DisabledComponents /f`)
	case "linux":
		return program("sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0")
	}
	return program("sudo ifconfig lo0 inet6 ::1")
}

func fwBlock(f *Facts) Result {
	w := f.Firewall
	if w.None {
		return f.result(Skip, "there are no Windows Firewall rules here", "这里没有 Windows 防火墙规则")
	}
	var evidence []string
	var fixes []*Fix
	worst, temporary := "allowed", false
	for _, v := range w.Verdicts {
		evidence = append(evidence, fmt.Sprintf("%d: domain %s, private %s, public %s", v.Port, v.Domain, v.Private, v.Public))
		evidence = append(evidence, v.Notes...)
		for _, decision := range []string{v.Domain, v.Private, v.Public} {
			if decision == "blocked" || decision == "no rule" && worst == "allowed" {
				worst = decision
			}
		}
		for _, hint := range v.Hints {
			if strings.HasPrefix(hint, "netsh ") {
				fixes = append(fixes, program(hint))
			} else {
				evidence = append(evidence, hint)
			}
		}
		temporary = temporary || v.Temporary
	}
	if w.Program == "" {
		evidence = append(evidence, f.text("for a program of that port: --binary FILE names it", "仅针对端口：用 --binary FILE 指定程序"))
	}
	var r Result
	switch {
	case worst == "blocked":
		r = f.result(Warn, "Windows Firewall blocks it, and no allow rule overrides that", "Windows 防火墙阻止访问，允许规则无法覆盖它")
	case worst == "allowed":
		r = f.result(OK, "Windows Firewall lets other machines in", "Windows 防火墙允许其他机器访问")
	case temporary:
		r = f.result(Info, "go run builds to a different path each time, and the firewall asks each time: build to a fixed path, or listen on localhost", "go run 每次生成新的路径，防火墙每次都会询问：请构建到固定路径，或监听 localhost")
		r.Fix = program("go build -o bin/ ./...")
	default:
		r = f.result(Info, "no rule lets other machines in; localhost is not filtered", "没有规则允许其他机器访问；localhost 不受限制")
	}
	if fixes != nil && r.Status != OK {
		r.Fix, r.NeedsAdmin = chain(fixes...), true
	}
	r.Evidence, r.Doc = evidence, "https://learn.microsoft.com/windows/security/operating-system-security/network-security/windows-firewall/rules"
	return r
}
