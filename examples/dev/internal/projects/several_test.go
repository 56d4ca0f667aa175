package projects

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// several is one module with three main packages and no dev.toml. Its servers know nothing of dev:
// they have no /readyz, and end at once when they are asked to.
const several = `-- go.mod --
module example.test/several

go 1.26
-- cmd/web/main.go --
package main

import (
	"fmt"
	"net/http"
	"os"

	"example.test/several/internal/version"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "web ", version.Text) })
	panic(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}
-- cmd/api/main.go --
package main

import (
	"fmt"
	"net/http"

	"example.test/several/internal/server"
	"example.test/several/internal/version"
)

func main() {
	server.Run(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "api ", version.Text) })
}
-- cmd/worker/main.go --
package main

import (
	"fmt"
	"time"
)

func main() {
	for {
		fmt.Println("works")
		time.Sleep(time.Second)
	}
}
-- internal/server/server.go --
package server

import (
	"net/http"
	"os"
)

func Run(h http.HandlerFunc) {
	port, ok := os.LookupEnv("PORT")
	if !ok {
		port = "3000"
	}
	panic(http.ListenAndServe("localhost:"+port, h))
}
-- internal/version/version.go --
package version

const Text = "1"
`

const versionFile = "internal/version/version.go"

func versionText(text string) string {
	return fmt.Sprintf("package version\n\nconst Text = %q\n", text)
}

// TestSeveral: one module with several main packages, without a configuration.
func TestSeveral(t *testing.T) {
	if !ready(t, "8080", "8081") {
		return
	}
	dir := project(t, several)
	d := start(t, dir)
	d.serves("8080", "api 1")
	d.serves("8081", "web 1")
	worker := d.awaitState("worker", page.Healthy)
	d.prints("worker | works")

	t.Run("edits", func(t *testing.T) {
		stop := d.polls("http://localhost:8080")
		for n := 2; n < 5; n++ {
			d.write(versionFile, versionText(fmt.Sprint(n)))
			d.serves("8080", fmt.Sprint("api ", n))
			d.serves("8081", fmt.Sprint("web ", n))
		}
		stop()
		assert.Equal(t, worker.PID, d.awaitState("worker", page.Healthy).PID, "it does not import what was edited")
		d.write("cmd/worker/more.go", "package main\n\nfunc init() { println(\"more\") }\n")
		d.prints("worker | more")
		require.Eventually(t, func() bool { return !alive(worker.PID) }, limit, 10*time.Millisecond)
	})
	t.Run("a broken build", func(t *testing.T) {
		d.write(versionFile, "package version\n\nconst Text = 1 +\n")
		s := d.await("api", "broken", func(s page.Service) bool { return !s.Build.OK })
		assert.Contains(t, s.Build.Output, "version.go")
		assert.Equal(t, page.Healthy, s.State)
		d.serves("8080", "api 4")
		d.write(versionFile, versionText("5"))
		d.serves("8080", "api 5")
	})
	t.Run("renames", func(t *testing.T) {
		require.NoError(t, os.Rename(filepath.Join(dir, "internal", "version"), filepath.Join(dir, "internal", "release")))
		d.await("api", "broken", func(s page.Service) bool { return !s.Build.OK })
		d.write("internal/release/version.go", "package version\n\nconst Text = \"6\"\n")
		for _, name := range []string{"web", "api"} {
			file := filepath.Join(dir, "cmd", name, "main.go")
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			d.write("cmd/"+name+"/main.go", replace(string(source), "internal/version", "internal/release"))
		}
		d.serves("8080", "api 6")
		d.serves("8081", "web 6")
		require.NoError(t, os.Rename(filepath.Join(dir, "internal", "release", "version.go"), filepath.Join(dir, "internal", "release", "text.go")))
		d.write("internal/release/text.go", "package version\n\nconst Text = \"7\"\n")
		d.serves("8080", "api 7")
	})
	t.Run("kills", func(t *testing.T) {
		before := d.awaitState("web", page.Healthy)
		p, err := os.FindProcess(before.PID)
		require.NoError(t, err)
		require.NoError(t, p.Kill())
		d.await("web", "started again", func(s page.Service) bool { return s.State == page.Healthy && s.PID != before.PID })
		d.serves("8081", "web 7")
	})
	d.end()
}

// TestBranches switches between branches that differ by 1,500 files.
func TestBranches(t *testing.T) {
	if !ready(t, "8080", "8081") {
		return
	}
	dir := project(t, several)
	git(t, dir, "init", "-q", "-b", "main")
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "one")
	git(t, dir, "checkout", "-q", "-b", "other")
	for i := range 1500 {
		save(t, filepath.Join(dir, "internal", "version", fmt.Sprintf("v%d.go", i)), fmt.Sprintf("package version\n\nconst V%d = %d\n", i, i))
	}
	save(t, filepath.Join(dir, filepath.FromSlash(versionFile)), versionText("other"))
	git(t, dir, "add", ".")
	git(t, dir, "commit", "-q", "-m", "two")

	d := start(t, dir)
	d.serves("8080", "api other")
	stop := d.polls("http://localhost:8080")
	for range 2 {
		git(t, dir, "checkout", "-q", "main")
		d.serves("8080", "api 1")
		git(t, dir, "checkout", "-q", "other")
		d.serves("8080", "api other")
	}
	stop()
	api := d.awaitState("api", page.Healthy)
	assert.LessOrEqual(t, api.Reloads, 8, "a checkout is one change, or two where it takes long")
	d.write(versionFile, versionText("after")) // the files are still watched
	d.serves("8080", "api after")
	d.end()
}
