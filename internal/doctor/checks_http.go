package doctor

import (
	"maps"
	"slices"
)

// deadProxy reports whether nothing can be fetched because of a proxy variable.
func (f *Facts) deadProxy() bool {
	return f.HTTP != nil && slices.ContainsFunc(f.HTTP.Proxies, func(p ProxyVar) bool { return p.Err != "" })
}

func netProxy(f *Facts) Result {
	h := f.HTTP
	if !f.deadProxy() {
		if len(h.Proxies) == 0 {
			return f.result(OK, "no proxy is set", "没有设置代理")
		}
		return f.result(OK, "proxies: %s", "代理：%s", variable(h.Proxies[0].Name, h.Proxies[0].Value))
	}
	r := f.result(Error, "a proxy is set, but nothing listens there: nothing can be downloaded", "设置了代理，但没有程序在监听：无法下载任何内容")
	var fixes []*Fix
	for _, p := range h.Proxies {
		if p.Err == "" {
			continue
		}
		place := h.Kept[p.Name]
		if place == "" {
			place = "session"
		}
		r.Evidence = append(r.Evidence, variable(p.Name, p.Value)+" ("+place+"): "+p.Err)
		fixes = append(fixes, f.unset(p.Name, place))
		r.NeedsAdmin = r.NeedsAdmin || needsAdmin(place)
	}
	r.Fix, r.Doc = chain(fixes...), "https://pkg.go.dev/net/http#ProxyFromEnvironment"
	return r
}

func netCert(f *Facts) Result {
	if len(f.HTTP.Certs) == 0 {
		return f.result(OK, "no variable hides the system's certificates", "没有环境变量覆盖系统证书")
	}
	r := f.result(Warn, "the certificates named by a variable can't be read: no server may be trusted", "环境变量指定的证书无法读取：可能不信任任何服务器")
	var fixes []*Fix
	for _, name := range slices.Sorted(maps.Keys(f.HTTP.Certs)) {
		r.Evidence = append(r.Evidence, name+": "+f.HTTP.Certs[name])
		fixes = append(fixes, f.unset(name, "session"))
	}
	r.Fix, r.Doc = chain(fixes...), "https://pkg.go.dev/crypto/x509#SystemCertPool"
	return r
}

func goNetrc(f *Facts) Result {
	h := f.HTTP
	const doc = "https://pkg.go.dev/cmd/go#hdr-GOAUTH_environment_variable"
	switch {
	case h.Netrc == "":
		return f.result(Skip, "there is no .netrc", "没有 .netrc")
	case h.Faults != nil:
		r := f.result(Warn, "go does not understand a part of .netrc: access to a private module may be denied", "go 无法理解 .netrc 的一部分：可能无法获取私有模块")
		r.Evidence, r.Doc = h.Faults, doc
		r.Fix = &Fix{Do: f.text("Edit these lines: each machine has a login and a password, without quotes and spaces.", "编辑这些行：每个 machine 都要有 login 和 password，不含引号和空格。")}
		return r
	case h.Open:
		r := f.result(Warn, "others can read the passwords in .netrc", "其他用户可以读取 .netrc 中的密码")
		r.Evidence, r.Fix, r.Doc = []string{h.Netrc}, &Fix{Sh: "chmod 600 " + shQuote(h.Netrc)}, doc
		return r
	}
	return f.result(OK, "go can read .netrc", "go 可以读取 .netrc")
}
