package doctor

import (
	"maps"
	"net/url"
	"slices"
	"strings"
)

func goEnvShadow(f *Facts) Result {
	g := f.Go
	var evidence []string
	var fixes []*Fix
	var names []string
	admin := false
	for _, name := range slices.Sorted(maps.Keys(g.File)) {
		value, place := g.where(name)
		if place == goEnvPlace || value == g.File[name] || f.blamed(name) {
			continue
		}
		names = append(names, name)
		evidence = append(evidence, variable(name, value)+f.in(place)+f.comma()+variable(name, g.File[name])+f.in(goEnvPlace))
		fixes = append(fixes, f.unset(name, place))
		admin = admin || needsAdmin(place)
	}
	if names == nil {
		return f.result(OK, "no variable overrides go env -w", "没有环境变量覆盖 go env -w 的设置")
	}
	r := f.result(Warn, "%s: the environment overrides go env -w", "%s：环境变量覆盖了 go env -w 的设置", strings.Join(names, f.comma()))
	r.Evidence, r.Fix, r.NeedsAdmin, r.Doc = evidence, chain(fixes...), admin, docEnv
	return r
}

// blamed reports whether another check says what to do about a variable: one that says to keep it
// would say the contrary.
func (f *Facts) blamed(name string) bool {
	if f.Go.Guilty[name] != "" {
		return true
	}
	wrong, _ := judgeModuleVars(f)
	return wrong == name
}

func goEnvSession(f *Facts) Result {
	var evidence []string
	var fixes []*Fix
	for _, name := range []string{"GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOSUMDB", "GONOPROXY"} {
		value, place := f.Go.where(name)
		if place != "session" || value == f.Go.File[name] || f.blamed(name) {
			continue
		}
		evidence = append(evidence, variable(name, value))
		// The shell puts in the value, which may hold a password.
		fixes = append(fixes, &Fix{"", `go env -w "` + name + `=%` + name + `%"`, `go env -w "` + name + `=$env:` + name + `"`, `go env -w "` + name + `=$` + name + `"`})
	}
	if evidence == nil {
		return f.result(OK, "the module settings are kept for later sessions", "模块相关设置对以后的会话同样有效")
	}
	r := f.result(Info, "set in this session only: services and new terminals won't have it", "只在本会话中设置：服务和新终端看不到它")
	r.Evidence, r.Fix, r.Doc = evidence, chain(fixes...), docEnv
	return r
}

func goProxy(f *Facts) Result {
	name, r := judgeModuleVars(f)
	if name == "" {
		return r
	}
	_, place := f.Go.where(name)
	switch {
	case r.Fix != nil:
	case name == "GOPROXY" && f.Lang == "zh": // where what go does by itself may not answer
		r.Fix = f.assign(name, goEnvW(name, goodProxies(f)))
	default:
		r.Fix = f.unset(name, place) // back to what go does by itself
	}
	r.Evidence, r.NeedsAdmin, r.Doc = []string{variable(name, f.Go.Env[name])}, needsAdmin(place), docModules+"#environment-variables"
	return r
}

// judgeModuleVars returns the variable that is wrong, and how.
func judgeModuleVars(f *Facts) (name string, r Result) {
	env := f.Go.Env
	if r := judgeProxies(f, env["GOPROXY"]); r.Status != OK {
		return "GOPROXY", r
	}
	for _, name := range []string{"GOPRIVATE", "GONOPROXY", "GONOSUMDB"} {
		if value, _ := f.Go.where(name); strings.Contains(value, "://") { // not a default
			r = f.result(Error, "%s takes patterns of module paths, not URLs", "%s 应为模块路径模式，而不是 URL", name)
			r.Fix = f.assign(name, goEnvW(name, patterns(value)))
			return name, r
		}
	}
	switch {
	case env["GOSUMDB"] == "off" && strings.Contains(env["GOPROXY"], "http://"):
		return "GOSUMDB", f.result(Warn, "modules are downloaded over plain http, and GOSUMDB=off: a change would go unnoticed", "模块经明文 http 下载，且 GOSUMDB=off：被篡改也无人知晓")
	case env["GOSUMDB"] == "off":
		return "GOSUMDB", f.result(Warn, "GOSUMDB=off: new modules are not verified to be the same as for others", "GOSUMDB=off：新模块不会被校验")
	case f.Proxy != nil && f.Proxy.Err != "" && !f.deadProxy(): // else that is why
		return "GOPROXY", judgeAnswer(f)
	}
	return "", f.result(OK, "GOPROXY is %s", "GOPROXY 为 %s", redactProxies(env["GOPROXY"]))
}

// goodProxies is a value of GOPROXY that works where the language is spoken.
func goodProxies(f *Facts) string {
	return f.text("https://proxy.golang.org,direct", "https://goproxy.cn,direct")
}

// judgeAnswer judges what a proxy has answered, if that was not a module.
func judgeAnswer(f *Facts) Result {
	do := func(en, zh string) *Fix { return &Fix{Do: f.text(en, zh)} }
	why := f.late(f.Proxy.Err)
	var r Result
	switch f.Proxy.Kind {
	case proxyUntrusted:
		r = f.result(Error, "the proxy's certificate is not trusted: %s", "代理的证书不受信任：%s", why)
		r.Fix = do("If this network's owner inspects TLS, add their root certificate to the system's trusted ones; otherwise do not use this network.",
			"如果网络管理方会检查 TLS 流量，请把其根证书加入系统信任的证书；否则不要使用此网络。")
	case proxyExpired:
		r = f.result(Error, "the proxy's certificate is not valid at this machine's time: %s", "按本机时间，代理的证书无效：%s", why)
		r.Fix = do("Set the clock (see the check time); if it is right, the proxy's owner has to renew the certificate.", "校准时钟（见检查项 time）；如果时间正确，应由代理的管理方更新证书。")
	case proxyBusy:
		r = f.result(Error, "the proxy rejects requests for a while: too many requests from this address (429)", "代理暂时拒绝：来自此地址的请求过多（429）")
		r.Fix = do("Wait, or use another proxy; all users behind one address share the limit.", "稍候再试，或换用其他代理；同一地址的用户共享限额。")
	case proxyPortal:
		r = f.result(Error, "the network requires a sign-in: a web page answers instead of the proxy", "需要先登录网络：代理返回的是网页")
		r.Fix = do("Open any page in a browser and sign in.", "在浏览器中打开任意网页并登录。")
	default:
		r = f.result(Error, "the proxy does not answer: %s", "代理没有响应：%s", why)
		r.Fix = f.assign("GOPROXY", goEnvW("GOPROXY", goodProxies(f)))
	}
	return r
}

// fullWidth are separators as a Chinese keyboard types them, and others that go does not know.
var fullWidth = strings.NewReplacer("，", ",", "；", ",", "、", ",", ";", ",", "｜", "|", "：", ":", "／", "/")

// judgeProxies judges the entries of GOPROXY.
func judgeProxies(f *Facts, value string) Result {
	if fixed := fullWidth.Replace(value); fixed != value {
		r := f.result(Error, "GOPROXY has separators that go does not support: it accepts , and |", "GOPROXY 的分隔符无效：go 只识别半角的 , 和 |")
		if redactProxies(fixed) == fixed && proxiesOK(f, fixed) {
			r.Fix = f.assign("GOPROXY", goEnvW("GOPROXY", strings.ReplaceAll(fixed, " ", "")))
		}
		return r
	}
	entries := proxyEntries(value)
	for i, entry := range entries {
		entry = strings.TrimSpace(entry)
		u, err := url.Parse(entry)
		switch {
		case entry == "off" && i == 0:
			return f.result(Warn, "GOPROXY=off: no module can be downloaded", "GOPROXY=off：无法下载任何模块")
		case entry == "off" || entry == "direct":
			if i < len(entries)-1 {
				return f.result(Warn, "GOPROXY: nothing after %q is ever used", "GOPROXY：%q 之后的条目永远不会用到", entry)
			}
		case err != nil || u.Host == "" && u.Scheme != "file":
			return f.result(Error, "GOPROXY: %q is not a URL, direct or off", "GOPROXY：%q 不是 URL、direct 或 off", redactProxies(entry))
		case u.Scheme != "https" && u.Scheme != "http" && u.Scheme != "file":
			return f.result(Error, "GOPROXY: the scheme %q is not https, http or file", "GOPROXY：协议 %q 不是 https、http 或 file", u.Scheme)
		}
	}
	if len(entries) == 0 {
		return f.result(Error, "GOPROXY has no entry", "GOPROXY 没有任何条目")
	}
	return Result{Status: OK}
}

func proxiesOK(f *Facts, value string) bool { return judgeProxies(f, value).Status == OK }

// patterns makes patterns of module paths of URLs.
func patterns(urls string) string {
	var out []string
	for _, entry := range strings.Split(urls, ",") {
		_, host, ok := strings.Cut(entry, "://")
		if !ok {
			host = entry
		}
		out = append(out, strings.TrimSuffix(host[strings.LastIndex(host, "@")+1:], "/"))
	}
	return strings.Join(out, ",")
}
