package doctor

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

func portReserved(f *Facts) Result {
	if why, bad := missing(f.Ports, func(p *PortsFacts) string { return p.Err }); bad {
		return f.unknown(why)
	}
	p := f.Ports
	for _, port := range p.Ports {
		for _, r := range p.Reserved {
			if port < r.First || port > r.Last || r.Bindable {
				continue
			}
			add := fmt.Sprintf("netsh int ipv4 add excludedportrange protocol=tcp startport=%d numberofports=1", port)
			return Result{Status: Error, Evidence: []string{fmt.Sprintf("%d-%d", r.First, r.Last)}, NeedsAdmin: true,
				Doc:     "https://github.com/microsoft/WSL/issues/5306",
				Summary: f.text("port %d lies in a range that the system has reserved", "端口 %d 位于系统保留的范围内", port),
				Fix: &Fix{Cmd: "net stop winnat && " + add + " && net start winnat", PowerShell: "net stop winnat; " + add + "; net start winnat",
					Sh: "net.exe stop winnat; " + strings.Replace(add, "netsh", "netsh.exe", 1) + "; net.exe start winnat"}}
		}
	}
	for _, o := range p.Owners {
		if slices.Contains(p.Ports, o.Port) {
			return Result{Status: Warn, Evidence: []string{fmt.Sprintf("%s  %s (%d)", o.Addr, o.Name, o.PID)},
				Summary: f.text("port %d is in use by %s (process %d)", "端口 %d 正被 %s（进程 %d）占用", o.Port, o.Name, o.PID),
				Fix:     &Fix{Cmd: fmt.Sprint("taskkill /PID ", o.PID), PowerShell: fmt.Sprint("Stop-Process -Id ", o.PID), Sh: fmt.Sprint("kill ", o.PID)}}
		}
	}
	ports := strings.Trim(strings.ReplaceAll(fmt.Sprint(p.Ports), " ", ", "), "[]")
	return f.ok("free, and not reserved: %s", "空闲且未被保留：%s", ports)
}

func netStack(f *Facts) Result {
	if why, bad := missing(f.Net, func(n *NetFacts) string { return n.Err }); bad {
		return f.unknown(why)
	}
	n := f.Net
	evidence := []string{n.Stack, "localhost: " + strings.Join(n.Localhost, ", ")}
	has := func(addr string) bool { return slices.Contains(n.Localhost, addr) }
	switch {
	case !n.IPv4 && !n.IPv6:
		return Result{Status: Error, Evidence: evidence, Summary: f.text("there is neither IPv4 nor IPv6", "IPv4 和 IPv6 均不可用")}
	case n.IPv4 && !has("127.0.0.1"):
		return Result{Status: Error, Evidence: evidence, NeedsAdmin: true, Fix: hosts(f.OS, "127.0.0.1"), Doc: "https://www.rfc-editor.org/rfc/rfc6761",
			Summary: f.text("localhost does not resolve to 127.0.0.1", "localhost 没有解析到 127.0.0.1")}
	case n.Loopback6 && !has("::1"):
		return Result{Status: Info, Evidence: evidence, NeedsAdmin: true, Fix: hosts(f.OS, "::1"), Doc: "https://www.rfc-editor.org/rfc/rfc6761",
			Summary: f.text("[::1] is there, but localhost does not resolve to it: clients will use IPv4 only", "[::1] 可用，但 localhost 没有解析到它：客户端只会使用 IPv4")}
	case has("::1") && !n.Loopback6:
		return Result{Status: Warn, Evidence: evidence,
			Summary: f.text("localhost resolves to [::1], which this machine does not have: clients try it first, and wait", "localhost 解析到 [::1]，但本机没有该地址：客户端会先尝试它而等待"),
			Fix: &Fix{Cmd: "netsh interface ipv6 show address", PowerShell: "Get-NetIPAddress -AddressFamily IPv6",
				Sh: map[bool]string{true: "sudo sysctl -w net.ipv6.conf.lo.disable_ipv6=0"}[f.OS == "linux"]}}
	}
	return Result{Status: OK, Evidence: evidence, Summary: f.text("%s", "%s", n.Stack)}
}

// hosts is how the hosts file gets a line for localhost.
func hosts(goos, addr string) *Fix {
	line := addr + " localhost"
	fix := &Fix{Cmd: `echo ` + line + `>>%SystemRoot%\System32\drivers\etc\hosts`,
		PowerShell: `Add-Content "$env:SystemRoot\System32\drivers\etc\hosts" '` + line + `'`,
		Sh:         "echo '" + line + "' | sudo tee -a /etc/hosts"}
	if goos == "windows" {
		fix.Sh = "echo '" + line + "' >>/c/Windows/System32/drivers/etc/hosts"
	}
	return fix
}

func fwBlock(f *Facts) Result {
	if why, bad := missing(f.Firewall, func(w *FirewallFacts) string { return w.Err }); bad {
		return f.unknown(why)
	}
	w := f.Firewall
	if w.None {
		return f.skip("no Windows Firewall here", "这里没有 Windows 防火墙")
	}
	var evidence, blocked, unruled []string
	for _, profile := range []string{"domain", "private", "public"} {
		evidence = append(evidence, profile+": "+w.Verdict[profile])
		switch w.Verdict[profile] {
		case "blocked":
			blocked = append(blocked, profile)
		case "no rule":
			unruled = append(unruled, profile)
		}
	}
	const doc = "https://learn.microsoft.com/windows/security/operating-system-security/network-security/windows-firewall/rules"
	switch {
	case len(blocked) > 0:
		name := w.Program
		if len(w.Blocks) > 0 {
			name = w.Blocks[0]
		}
		line := "netsh advfirewall firewall delete rule name=" + cmdQuote(name)
		return Result{Status: Warn, Evidence: append(evidence, w.Blocks...), NeedsAdmin: true, Doc: doc,
			Summary: f.text("a firewall rule blocks the program or port (%s); no allow rule beats it", "防火墙规则阻止了该程序或端口（%s）；允许规则无法覆盖它", strings.Join(blocked, ", ")),
			Fix:     &Fix{Cmd: line, PowerShell: "Remove-NetFirewallRule -DisplayName " + psQuote(name), Sh: "netsh.exe advfirewall firewall delete rule name=" + shQuote(name)}}
	case w.GoRun:
		return Result{Status: Info, Evidence: append(evidence, w.Program), Doc: doc,
			Summary: f.text("go run builds to a new path each time, so the firewall asks each time: build to a fixed path, or listen on localhost", "go run 每次生成新的路径，防火墙每次都会询问：请构建到固定路径，或监听 localhost"),
			Fix:     same("go build -o bin/ ./...")}
	case len(unruled) > 0:
		return Result{Status: Info, Evidence: evidence, Doc: doc,
			Summary: f.text("no rule lets other machines in (%s); localhost is not filtered", "没有规则允许其他机器访问（%s）；localhost 不受限制", strings.Join(unruled, ", "))}
	}
	return Result{Status: OK, Evidence: evidence, Summary: f.text("the firewall lets it in", "防火墙允许访问")}
}

// cmdQuote quotes for cmd.exe, which has no escape for a quote inside quotes.
func cmdQuote(s string) string { return `"` + strings.ReplaceAll(s, `"`, "") + `"` }

func dbgDlv(f *Facts) Result {
	if why, bad := missing(f.Debug, func(d *DebugFacts) string { return d.Err }); bad {
		return f.unknown(why)
	}
	d := f.Debug
	const doc = "https://github.com/go-delve/delve/blob/master/Documentation/usage/dlv_exec.md"
	build := same(`go build -gcflags "all=-N -l" -o bin/ ./...`)
	build.PowerShell = `go build -gcflags 'all=-N -l' -o bin/ ./...`
	launch, err := launchModes(d.Launch)
	switch {
	case d.Binary == "" && d.Launch == "":
		return f.skip("no program was named (--binary FILE), and there is no .vscode/launch.json", "没有指定程序（--binary FILE），也没有 .vscode/launch.json")
	case err != nil:
		return Result{Status: Warn, Evidence: []string{err.Error()}, Doc: doc, Summary: f.text(".vscode/launch.json can't be read", "无法解析 .vscode/launch.json"),
			Fix: same("code .vscode/launch.json")}
	case d.Verdict == "optimized", d.Verdict == "stripped":
		return Result{Status: Warn, Evidence: []string{d.Binary, d.Detail}, Fix: build, Doc: doc,
			Summary: f.text("breakpoints will not hit reliably in this program: it is %s", "该程序中的断点不可靠：%s", d.Verdict)}
	case d.Verdict == "main only":
		return Result{Status: Warn, Evidence: []string{d.Binary, d.Detail}, Fix: build, Doc: doc,
			Summary: f.text("breakpoints will hit in package main only: -gcflags needs all=", "断点只在 main 包内有效：-gcflags 需要 all=")}
	case slices.Contains(launch, "exec") && d.Binary == "":
		return Result{Status: Info, Fix: build, Doc: doc,
			Summary: f.text(".vscode/launch.json starts a built program: build it without optimisation", ".vscode/launch.json 启动已构建的程序：请关闭优化后构建")}
	}
	return f.ok("breakpoints will hit", "断点有效")
}

// launchModes returns the modes of the Go configurations in a launch.json, which is JSON with comments.
func launchModes(text string) (modes []string, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var launch struct {
		Configurations []struct{ Type, Mode string }
	}
	if err := json.Unmarshal(stripComments([]byte(text)), &launch); err != nil {
		return nil, fmt.Errorf("launch.json: %w", err)
	}
	for _, c := range launch.Configurations {
		if c.Type == "go" {
			modes = append(modes, c.Mode)
		}
	}
	return modes, nil
}

// stripComments turns JSON with comments and trailing commas into JSON of the same length.
func stripComments(data []byte) []byte {
	out := slices.Clone(data)
	comma := -1 // the last comma, if only white space and comments came since
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
			comma = -1
		case c == '/' && i+1 < len(out) && (out[i+1] == '/' || out[i+1] == '*'):
			end := len(out)
			if out[i+1] == '/' {
				if n := slices.Index(out[i:], '\n'); n >= 0 {
					end = i + n
				}
			} else if n := strings.Index(string(out[i+2:]), "*/"); n >= 0 {
				end = i + 2 + n + 2
			}
			for ; i < end; i++ {
				if out[i] != '\n' {
					out[i] = ' '
				}
			}
			i--
		case c == ',':
			comma = i
		case c == '}' || c == ']':
			if comma >= 0 {
				out[comma] = ' '
			}
			comma = -1
		case c != ' ' && c != '\t' && c != '\r' && c != '\n':
			comma = -1
		}
	}
	return out
}

func conCP(f *Facts) Result {
	if why, bad := missing(f.Console, func(c *ConsoleFacts) string { return c.Err }); bad {
		return f.unknown(why)
	}
	c := f.Console
	const doc = "https://learn.microsoft.com/windows/console/console-code-pages"
	if f.OS != "windows" {
		if c.Encoding == "UTF-8" {
			return f.ok("the locale is UTF-8", "区域设置为 UTF-8")
		}
		return Result{Status: Warn, Evidence: []string{c.Encoding}, Fix: &Fix{Sh: "export LC_ALL=C.UTF-8"},
			Summary: f.text("the locale is not UTF-8: other programs will show text wrongly", "区域设置不是 UTF-8：其他程序会显示乱码")}
	}
	evidence := []string{fmt.Sprintf("output %d, ANSI %d, OEM %d", c.Output, c.ANSI, c.OEM)}
	if f.PS != nil && f.PS.OutputCodePage != 0 {
		evidence = append(evidence, fmt.Sprint("PowerShell [Console]::OutputEncoding ", f.PS.OutputCodePage))
	}
	switch {
	case c.ANSI == 65001:
		return Result{Status: Info, Evidence: evidence, Doc: doc,
			Summary: f.text("the UTF-8 beta is on: all programs use UTF-8, old ones may not cope", "已启用 UTF-8 beta：所有程序使用 UTF-8，旧程序可能不支持")}
	case c.Output == 0:
		return Result{Status: Skip, Evidence: evidence, Summary: f.text("no console here", "这里没有控制台")}
	case c.Output != 65001:
		return Result{Status: Info, Evidence: evidence, Doc: doc, Fix: &Fix{Cmd: "chcp 65001",
			PowerShell: "[Console]::OutputEncoding = [Text.UTF8Encoding]::new()", Sh: "chcp.com 65001"},
			Summary: f.text("the console's code page is %d: what children write in UTF-8 shows as 乱码", "控制台代码页为 %d：子进程输出的 UTF-8 会显示为乱码", c.Output)}
	case f.PS != nil && f.PS.OutputCodePage != 0 && f.PS.OutputCodePage != 65001:
		return Result{Status: Info, Evidence: evidence, Doc: doc, Fix: &Fix{PowerShell: "[Console]::OutputEncoding = [Text.UTF8Encoding]::new()"},
			Summary: f.text("PowerShell reads what programs write in code page %d", "PowerShell 以代码页 %d 读取程序输出", f.PS.OutputCodePage)}
	}
	return Result{Status: OK, Evidence: evidence, Summary: f.text("the console's code page is UTF-8", "控制台代码页为 UTF-8")}
}
