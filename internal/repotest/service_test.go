package repotest

import (
	"bytes"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// cutting is a Main that is often written, and wrong: http.Server.Serve returns as soon as Shutdown
// begins, and the process ends with it.
const cutting = `package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	svcx.Main(&svcx.Service{Name: "hello", Main: func(ctx context.Context) error {
		l, err := listen.Dual("localhost:8080")
		if err != nil {
			return err
		}
		fmt.Printf("serving http://%s/\n", l.Addr())
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintln(w, "hello,", r.FormValue("name"))
		})}
		context.AfterFunc(ctx, func() { server.Shutdown(context.Background()) })
		if err := server.Serve(l); err != http.ErrServerClosed {
			return err
		}
		return nil
	}})
}
`

// program is a running program of the README.
type program struct {
	url  string
	stop func() (string, error) // asks it to end, waits until it has, and returns what it said
}

// TestReadmeService builds the READMEs' service in a module of its own, as a user does, and stops
// it while a request is under way: as a console program by SIGTERM, on Windows as a service. Only
// its port and its name are others than those in print.
func TestReadmeService(t *testing.T) {
	source := serviceOf(t, "README.md")
	require.Equal(t, withoutComments(t, source), withoutComments(t, serviceOf(t, "README.zh-CN.md")))
	for i, test := range []struct {
		name, source string
		answered     bool
	}{
		{"the READMEs' service answers", source, true},
		{"one that returns with http.Server.Serve does not", cutting, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := fmt.Sprint("surefoot-readme-", i)
			p := start(t, buildService(t, test.source, service), service)
			body, err := fetch(p.url)
			require.NoError(t, err)
			assert.Contains(t, body, "hello,")

			u, err := url.Parse(p.url)
			require.NoError(t, err)
			request := testenv.BeginRequest(t, u.Host, "/", "application/x-www-form-urlencoded", len("name=you"))
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				out, err := p.stop()
				assert.NoError(t, err, "%s", out)
			}()
			if test.answered {
				testenv.AwaitClosed(t, u.Host)
				select {
				case <-ended:
					require.Fail(t, "it has ended with a request under way")
				case <-time.After(100 * time.Millisecond):
				}
			} else {
				<-ended
			}
			answer, err := request.Finish("name=you")
			if test.answered {
				require.NoError(t, err)
				assert.Equal(t, "hello, you\n", answer)
			} else {
				assert.Error(t, err, "it answered %q", answer)
			}
			<-ended
		})
	}
}

// serviceOf returns the program of a README that is a service.
func serviceOf(t *testing.T, readme string) string {
	t.Helper()
	var services []string
	for _, block := range goBlock.FindAllStringSubmatch(readRoot(t, readme), -1) {
		if strings.Contains(block[1], "svcx.Main(") {
			services = append(services, block[1])
		}
	}
	require.Len(t, services, 1, readme)
	return services[0]
}

func withoutComments(t *testing.T, source string) string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "main.go", source, 0)
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, format.Node(&out, fset, file))
	return out.String()
}

// buildService builds the program in a module that requires this one, and returns its path.
func buildService(t *testing.T, source, name string) string {
	t.Helper()
	for old, new := range map[string]string{`"localhost:8080"`: `"localhost:0"`, `Name: "hello"`: fmt.Sprintf("Name: %q", name)} {
		require.Equal(t, 1, strings.Count(source, old), "%s in\n%s", old, source)
		source = strings.Replace(source, old, new, 1)
	}
	dir := buildDir(t)
	top := root(t)
	mod := strings.Replace(readRoot(t, "go.mod"), "module "+module+"\n", "module example.com/hello\n", 1)
	mod += fmt.Sprintf("\nrequire %s v0.0.0\n\nreplace %[1]s => %q\n", module, hostPath(top))
	for file, text := range map[string]string{"go.mod": mod, "go.sum": readRoot(t, "go.sum"), "main.go": source} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
	}
	exe := "hello"
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	goBuild(t, dir, exe)
	return filepath.Join(dir, exe)
}

// goCommand builds exe in dir with the go command of this system.
func goCommand(t *testing.T, dir, exe string) {
	t.Helper()
	needGo(t)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=mod", "-o", exe, ".")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

var serving = regexp.MustCompile(`serving (http://\S+/)`)

// awaitURL returns the URL that a program prints, in what text returns.
func awaitURL(t *testing.T, text func() string) (url string) {
	t.Helper()
	require.Eventually(t, func() bool {
		if m := serving.FindStringSubmatch(text()); m != nil {
			url = m[1]
		}
		return url != ""
	}, time.Minute, 10*time.Millisecond, "it prints no URL")
	return url
}

func fetch(url string) (string, error) {
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
