package doctor

import (
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/pathx"
)

// TestFixesWork breaks a set-up for real, and types the fix into a shell.
func TestFixesWork(t *testing.T) {
	needGo(t)
	var table strings.Builder
	goCommand, err := exec.LookPath("go")
	require.NoError(t, err)
	goRoot, err := exec.CommandContext(t.Context(), goCommand, "env", "GOROOT").Output()
	require.NoError(t, err)
	file := func(t *testing.T, perm os.FileMode, path, text string) string {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), perm))
		return path
	}
	variables := func(env ...string) func(*testing.T, person) []string {
		return func(*testing.T, person) []string { return env }
	}
	// written is what go env -w has left behind.
	written := func(line string) func(*testing.T, person) []string {
		return func(t *testing.T, p person) []string {
			return []string{"GOENV=" + file(t, 0o600, filepath.Join(p.home, "goenv"), line+"\n")}
		}
	}
	// onUnix are faults that can't be made, or are not fixed in this way, on Windows.
	onUnix := func(provoke func(*testing.T, person) []string) func(*testing.T, person) []string {
		return func(t *testing.T, p person) []string {
			if runtime.GOOS == "windows" {
				t.Skip("not on Windows")
			}
			return provoke(t, p)
		}
	}
	homeless := onUnix(func(t *testing.T, _ person) []string {
		if u, err := user.Current(); err != nil || pathx.Writable(u.HomeDir) != nil {
			t.Skip("this account has no home to find again")
		}
		return []string{"HOME="}
	})
	for _, test := range []struct {
		name, check string
		provoke     func(*testing.T, person) (env []string)
		want        Status
		evidence    string
		then        Status
	}{
		{"GOFLAGS has no such flag", "go.build", variables("GOFLAGS=-nonsense"), Error, "GOFLAGS=-nonsense (session)", OK},
		{"GOFLAGS has no such flag in the go env file", "go.build", written("GOFLAGS=-mod=nonsense"), Error, "GOFLAGS=-mod=nonsense (go env -w)", OK},
		{"GOFLAGS behind an if", "go.build", onUnix(func(t *testing.T, p person) []string {
			p.sets(t, ".profile", "if true; then\n\texport GOFLAGS=-nonsense\nfi")
			return []string{"GOFLAGS=-nonsense"}
		}), Error, ".profile:5)", OK},
		{"GOEXPERIMENT is unknown in the go env file", "go.build", written("GOEXPERIMENT=nonsense"), Error, "GOEXPERIMENT=nonsense (go env -w)", OK},
		{"GOWORK is not there", "go.build", variables("GOWORK=/nonexistent/go.work"), Error, "GOWORK=/nonexistent/go.work (session)", OK},
		{"GOTOOLCHAIN is nonsense", "go.build", variables("GOTOOLCHAIN=nonsense"), Error, "GOTOOLCHAIN=nonsense (session)", OK},
		{"GOTOOLCHAIN is nonsense in the go env file", "go.build", written("GOTOOLCHAIN=nonsense"), Error, "GOTOOLCHAIN=nonsense (go env -w)", OK},
		{"not in go.work", "go.build", func(t *testing.T, p person) []string {
			file(t, 0o644, filepath.Join(p.tmp, "go.work"), "go 1.21\n")
			file(t, 0o644, filepath.Join(p.project, "go.mod"), "module m\n\ngo 1.21\n")
			return nil
		}, Error, "tmp/go.work", OK},
		{"GOTOOLCHAIN is local, and go.mod wants more", "go.version", func(t *testing.T, p person) []string {
			file(t, 0o644, filepath.Join(p.project, "go.mod"), "module m\n\ngo "+nextGo(t)+"\n")
			return []string{"GOTOOLCHAIN=local"}
		}, Error, "GOTOOLCHAIN=local", Info},
		{"GOOS left set", "go.target", variables("GOOS=plan9"), Error, "GOOS=plan9 (session)", OK},
		{"GOARCH in the go env file", "go.target", written("GOARCH=s390x"), Error, "GOARCH=s390x (go env -w)", OK},
		{"GOBIN is relative", "go.bin", variables("GOBIN=bin"), Error, "GOBIN=bin (session)", OK},
		{"GOBIN is not on PATH", "go.bin", func(t *testing.T, p person) []string {
			bin := filepath.Join(p.home, "my bin")
			file(t, 0o755, filepath.Join(bin, "prog.exe"), "")
			return []string{"GOBIN=" + bin, "PATH=" + shortPath(goCommand)}
		}, Warn, "my bin", OK},
		{"GOPROXY with a full-width comma", "go.proxy", variables("GOPROXY=https://goproxy.cn，direct"), Error, "GOPROXY=https://goproxy.cn", OK},
		{"HTTPS_PROXY leads nowhere", "net.proxy", func(t *testing.T, p person) []string {
			env := []string{"HTTPS_PROXY=http://" + deadPort(t)}
			if runtime.GOOS != "windows" {
				env = append(env, "https_proxy="+deadPort(t), "HTTP_PROXY="+deadPort(t))
			}
			return env
		}, Error, "HTTPS_PROXY=http://127.0.0.1:", OK},
		{"a proxy in a start-up file, with PATH in the same line", "net.proxy", onUnix(func(t *testing.T, p person) []string {
			value := "http://" + deadPort(t)
			p.sets(t, ".zshenv", "export https_proxy="+value+" PATH=$HOME/bin:$PATH")
			return []string{"https_proxy=" + value}
		}), Error, ".zshenv:2)", OK},
		{"SSL_CERT_FILE is gone", "net.cert", onUnix(func(t *testing.T, p person) []string {
			if runtime.GOOS == "darwin" {
				t.Skip("which does not look at it")
			}
			return []string{"SSL_CERT_FILE=/nonexistent.pem"}
		}), Warn, "SSL_CERT_FILE: ", OK},
		{"others can read .netrc", "go.netrc", onUnix(func(t *testing.T, p person) []string {
			file(t, 0o644, filepath.Join(p.home, ".netrc"), "machine git.corp\nlogin li\npassword secret\n")
			return nil
		}), Warn, ".netrc", OK},
		{"go.sum lacks an entry", "go.sum", func(t *testing.T, p person) []string {
			proxy := filepath.Join(p.home, "proxy")
			writeProxy(t, proxy)
			file(t, 0o644, filepath.Join(p.project, "go.mod"), "module m\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n")
			file(t, 0o644, filepath.Join(p.project, "m.go"), "package m\n\nimport _ \"example.com/dep\"\n")
			return []string{"GOPROXY=file:///" + strings.TrimPrefix(filepath.ToSlash(proxy), "/"), "GOSUMDB=off", "GOFLAGS=-modcacherw"}
		}, Error, "example.com/dep v1.0.0", OK},
		{"the repository is another account's", "go.vcs", onUnix(func(t *testing.T, p person) []string {
			if _, err := exec.LookPath("git"); err != nil || !testenv.IsRoot() {
				t.Skip("needs git, and root, who gives a directory away")
			}
			out, err := exec.CommandContext(t.Context(), "git", "init", "-q", p.project).CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.NoError(t, os.Chown(p.project, 1234, 1234))
			require.NoError(t, os.Chown(filepath.Join(p.project, ".git"), 1234, 1234))
			return nil
		}), Error, "tmp/project", OK},
		{"GOPATH is relative", "go.gopath", variables("GOPATH=not/absolute"), Error, "GOPATH=not/absolute (session)", OK},
		{"GOPATH is relative in the go env file", "go.gopath", written("GOPATH=not/absolute"), Error, "GOPATH=not/absolute (go env -w)", OK},
		{"GOPATH is GOROOT", "go.gopath", variables("GOPATH=" + strings.TrimSpace(string(goRoot))), Error, "GOPATH=", OK},
		{"no home", "go.gopath", homeless, Error, "GOPATH=", OK},
		{"no home for the cache", "go.cache", homeless, Error, "GOCACHE=off", OK},
		{"go.mod in the temporary root", "go.gopath", func(t *testing.T, p person) []string {
			file(t, 0o644, filepath.Join(p.tmp, "go.mod"), "module m\n")
			return nil
		}, Error, "tmp/go.mod", OK},
		{"GOROOT is not there", "go.goroot", variables("GOROOT=/nonexistent"), Error, "GOROOT=/nonexistent (session)", OK},
		{"GOROOT is not there in the go env file", "go.goroot", written("GOROOT=/nonexistent"), Error, "GOROOT=/nonexistent (go env -w)", OK},
		{"GOROOT in a start-up file", "go.goroot", onUnix(func(t *testing.T, p person) []string {
			p.sets(t, ".bashrc", "export GOROOT=/nonexistent PATH=$PATH:/opt/bin")
			return []string{"GOROOT=/nonexistent"}
		}), Error, ".bashrc:4)", OK},
		{"GO111MODULE is off", "go.mode", variables("GO111MODULE=off"), Error, "GO111MODULE=off (session)", OK},
		{"GO111MODULE is nonsense in the go env file", "go.mode", written("GO111MODULE=yes"), Error, "GO111MODULE=yes (go env -w)", OK},
		{"GOCACHE is off", "go.cache", variables("GOCACHE=off"), Error, "GOCACHE=off", OK},
		{"GOTMPDIR is not there", "go.tmp", variables("GOTMPDIR=/nonexistent"), Error, "/nonexistent", OK},
		{"GOPROXY without a scheme", "go.proxy", variables("GOPROXY=li:secret@goproxy.example"), Error, "GOPROXY=***@goproxy.example", OK},
		{"GOPROXY off in the go env file", "go.proxy", written("GOPROXY=off"), Warn, "GOPROXY=off", OK},
		{"GOPRIVATE is a URL", "go.proxy", variables("GOPRIVATE=https://git.corp/a"), Error, "GOPRIVATE=https://git.corp/a", OK},
		{"GOPROXY hides another", "go.env.shadow", func(t *testing.T, p person) []string {
			return append(written("GOPROXY=https://goproxy.cn,direct")(t, p), "GOPROXY=direct")
		}, Warn, "GOPROXY=direct (session), GOPROXY=https://goproxy.cn,direct (go env -w)", OK},
		{"GOPROXY in this session", "go.env.session", variables("GOPROXY=https://li:secret@goproxy.example"), Info, "GOPROXY=https://***@goproxy.example", OK},
		{"two go on PATH", "go.multi", func(t *testing.T, p person) []string {
			old := filepath.Join(p.home, "old", "go")
			if runtime.GOOS == "windows" {
				file(t, 0o755, old+".bat", "@echo go1.4.2\r\n@echo C:\\go1.4\r\n")
			} else {
				file(t, 0o755, old, "#!/bin/sh\necho go1.4.2\necho /opt/go1.4\n")
			}
			return []string{"PATH=" + filepath.Dir(old) + string(os.PathListSeparator) + shortPath(goCommand)}
		}, Warn, "  go1.4.2", Info},
		{"no compiler on PATH", "cgo.cc", onUnix(func(t *testing.T, p person) []string {
			if runtime.GOOS == "darwin" {
				t.Skip("its fix installs one")
			}
			bin := filepath.Join(p.home, "bin")
			require.NoError(t, os.Mkdir(bin, 0o755))
			require.NoError(t, os.Symlink(goCommand, filepath.Join(bin, "go")))
			return []string{"CGO_ENABLED=1", "PATH=" + bin}
		}), Error, "CC=", Skip},
	} {
		for _, shell := range shells() {
			t.Run(test.name+"/"+shell, func(t *testing.T) {
				p := newPerson(t)
				env := test.provoke(t, p)
				r := p.examine(t, test.check, env, "", "")
				require.Equal(t, test.want, r.Status, r.Summary)
				assert.Contains(t, filepath.ToSlash(strings.Join(r.Evidence, "\n")), test.evidence)
				require.NotNil(t, r.Fix)
				fix := map[string]string{"cmd": r.Fix.Cmd, "powershell": r.Fix.PowerShell, "sh": r.Fix.Sh}[shell]
				assert.NotContains(t, r.Summary+strings.Join(r.Evidence, "")+fix, "secret")
				before := p.startUp(t)
				then := p.examine(t, test.check, env, shell, fix)
				assert.Equal(t, test.then, then.Status, then.Summary)
				assert.Equal(t, before, p.startUp(t), "no start-up file is changed")
				fmt.Fprintf(&table, "| %s | %s %s: %s | %s | %s: %s |\n", test.name, r.Status, r.ID, r.Summary, strings.TrimSpace(r.Fix.Do+" "+"`"+fix+"`"), then.Status, then.Summary)
			})
		}
	}
	if *tableFile != "" {
		require.NoError(t, os.WriteFile(*tableFile, []byte(temporary.ReplaceAllString(table.String(), "$$TMP")), 0o644))
	}
}

var (
	tableFile = flag.String("table", "", "write the results of TestFixesWork to this `file`")
	temporary = regexp.MustCompile(`/tmp/TestFixesWork[^/]*/\d+`)
)

// nextGo is the release of Go after the one that is there.
func nextGo(t *testing.T) string {
	t.Helper()
	var minor int
	_, err := fmt.Sscanf(runtime.Version(), "go1.%d", &minor)
	require.NoError(t, err)
	return fmt.Sprintf("1.%d", minor+1)
}

// deadPort is an address where nothing listens.
func deadPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}
