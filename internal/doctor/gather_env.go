package doctor

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/surefoot-go/surefoot/listen"
)

func gatherPath(_ context.Context, in *inquiry) (*PathFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	value := os.Getenv("PATH")
	p := &PathFacts{Length: len(utf16.Encode([]rune(value))), Dirs: filepath.SplitList(value), Cut: cutOff(storedPaths()...), Bin: env.vars["GOBIN"]}
	if p.Bin == "" {
		if first := filepath.SplitList(env.vars["GOPATH"]); len(first) > 0 {
			p.Bin = filepath.Join(first[0], "bin")
		}
	}
	files, _ := os.ReadDir(p.Bin) // a directory that is not there has none
	for _, file := range files {
		if path, err := exec.LookPath(filepath.Join(p.Bin, file.Name())); err == nil {
			p.Has = append(p.Has, filepath.Base(path))
		}
	}
	return p, nil
}

// cutOff returns the last entry of a PATH in the registry that has as many characters as setx
// keeps: it has cut off the rest, with no more than a warning.
func cutOff(stored ...string) string {
	const kept = 1024
	for _, value := range stored {
		if n := len(utf16.Encode([]rune(value))); n == kept || n == kept-1 {
			return value[strings.LastIndex(value, ";")+1:]
		}
	}
	return ""
}

func gatherVCS(ctx context.Context, in *inquiry) (*VCSFacts, error) {
	v := &VCSFacts{}
	dir, err := filepath.Abs(in.Dir)
	if err != nil {
		return nil, err
	}
	for v.Root = dir; ; v.Root = filepath.Dir(v.Root) {
		if _, err := os.Stat(filepath.Join(v.Root, ".git")); err == nil {
			break
		}
		if v.Root == filepath.Dir(v.Root) {
			v.Root = ""
			break
		}
	}
	if v.Git, err = exec.LookPath("git"); err != nil {
		v.Git = ""
		return v, nil
	}
	if v.Root != "" { // as go build asks it, which writes nothing
		_, err = run(ctx, in.Dir, []string{"LC_ALL=C", "LANGUAGE=", "GIT_OPTIONAL_LOCKS=0"}, v.Git, "rev-parse", "--git-dir")
		v.Err = message(err)
	}
	return v, nil
}

func gatherHTTP(ctx context.Context, _ *inquiry) (*HTTPFacts, error) {
	h := &HTTPFacts{Kept: map[string]string{}, Certs: map[string]string{}}
	seen := map[string]bool{}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		value := os.Getenv(name)
		if value == "" || runtime.GOOS == "windows" && seen[strings.ToUpper(name)] { // where names have no case
			continue
		}
		seen[strings.ToUpper(name)] = true
		h.Proxies = append(h.Proxies, ProxyVar{Name: name, Value: value, Err: message(askLoopback(ctx, value))})
		if place := keptIn(name); place != "" {
			h.Kept[name] = place
		}
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		for _, path := range filepath.SplitList(os.Getenv(name)) {
			if _, err := os.Stat(path); err != nil && runtime.GOOS != "windows" && runtime.GOOS != "darwin" { // which have stores
				h.Certs[name] = err.Error()
			}
		}
	}
	h.Netrc = netrcFile()
	info, err := os.Stat(h.Netrc)
	if err != nil {
		h.Netrc = ""
		return h, nil
	}
	h.Open = open(info)
	text, err := os.ReadFile(h.Netrc)
	if err != nil {
		h.Faults = []string{err.Error()}
		return h, nil
	}
	h.Faults = netrcFaults(h.Netrc, string(text))
	return h, nil
}

// askLoopback says why no proxy is at a loopback address. The system's table of listening sockets
// is asked first, so that a proxy that is there is not disturbed. It is no error that an address is
// another machine's: the network is not used.
func askLoopback(ctx context.Context, proxy string) error {
	if !strings.Contains(proxy, "://") {
		proxy = "http://" + proxy
	}
	u, err := url.Parse(proxy)
	if err != nil {
		return err
	}
	host := u.Hostname()
	if addr, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return nil
	}
	number := cmp.Or(u.Port(), map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme], "80")
	port, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("port %q", number)
	}
	switch owners, err := listen.Owners(ctx, port); {
	case err == nil && len(owners) > 0:
		return nil
	case err == nil && runtime.GOOS == "windows": // which takes two seconds to refuse
		return fmt.Errorf("nothing listens on port %d", port)
	}
	return dial(ctx, "tcp", net.JoinHostPort(host, number)) // WSL's loopback may be Windows'
}

// netrcFile is the file that go looks for passwords in.
func netrcFile() string {
	if file := os.Getenv("NETRC"); file != "" {
		return file
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	if old := filepath.Join(home, "_netrc"); runtime.GOOS == "windows" {
		if _, err := os.Stat(old); err == nil {
			return old
		}
	}
	return filepath.Join(home, ".netrc")
}

// netrcFaults returns the lines of a .netrc that go does not understand, without what is in them:
// that may be a part of a password.
func netrcFaults(file, text string) (faults []string) {
	n, machine, macro := 0, 0, false
	login, password := false, false
	fault := func(line int, what string) { faults = append(faults, fmt.Sprintf("%s:%d: %s", file, line, what)) }
	end := func() {
		if machine > 0 && !(login && password) {
			fault(machine, "machine without login and password")
		}
		machine, login, password = 0, false, false
	}
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		if macro { // it ends at an empty line
			macro = len(words) > 0
			continue
		}
		for i := 0; i < len(words); i++ {
			switch words[i] {
			case "machine", "login", "password", "account", "macdef":
				if words[i] == "machine" {
					end()
					machine = n
				}
				login, password = login || words[i] == "login", password || words[i] == "password"
				macro = words[i] == "macdef"
				if i++; i == len(words) {
					fault(n, words[i-1]+" without a value on its line")
				} else if strings.HasPrefix(words[i], `"`) {
					fault(n, "quotes, which go takes as they are")
				}
			case "default":
				end()
			default:
				if strings.HasPrefix(words[i], "#") {
					i = len(words)
				} else {
					fault(n, "a word that is no keyword (a space in a password?)")
				}
			}
		}
	}
	end()
	return faults
}

func gatherDev(_ context.Context, in *inquiry) (*DevFacts, error) {
	env, err := in.goEnv()
	if err != nil {
		return nil, err
	}
	look := func(name string) (t DevTool) {
		path, err := exec.LookPath(name)
		for _, dir := range append([]string{env.vars["GOBIN"]}, filepath.SplitList(env.vars["GOPATH"])...) {
			if err != nil && dir != "" {
				if dir != env.vars["GOBIN"] {
					dir = filepath.Join(dir, "bin")
				}
				path, err = exec.LookPath(filepath.Join(dir, name))
			}
		}
		if err != nil {
			return t
		}
		info, err := buildinfo.ReadFile(path)
		if err != nil { // a script that starts another
			return t
		}
		return DevTool{Path: path, Version: info.Main.Version, Go: strings.Fields(info.GoVersion + " ")[0]}
	}
	return &DevFacts{Dlv: look("dlv"), Gopls: look("gopls")}, nil
}
