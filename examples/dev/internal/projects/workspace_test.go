package projects

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

func replace(text, old, new string) string { return strings.ReplaceAll(text, old, new) }

// workspace is two modules with a program of the same name each, and a library that both use, in
// two versions. The services take their addresses each in a way of its own.
const workspace = `-- go.work --
go 1.26

use (
	./lib1
	./orders
	./users
)
-- lib1/go.mod --
module example.test/lib

go 1.26
-- lib1/lib.go --
package lib

const Version = "lib 1"
-- lib2/go.mod --
module example.test/lib

go 1.26
-- lib2/lib.go --
package lib

const Version = "lib 2"
-- orders/go.mod --
module example.test/orders

go 1.26

require example.test/lib v0.0.0
-- orders/server/main.go --
package main

import (
	"flag"
	"fmt"
	"net/http"

	"example.test/lib"
)

func main() {
	addr := flag.String("addr", ":7001", "")
	flag.Parse()
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "orders ", lib.Version) })
	panic(http.ListenAndServe(*addr, nil))
}
-- users/go.mod --
module example.test/users

go 1.26

require example.test/lib v0.0.0
-- users/server/main.go --
package main

import (
	"fmt"
	"net/http"
	"os"

	"example.test/lib"
)

func main() {
	fmt.Println("users listens at", os.Getenv("USERS_BIND"))
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		resp, err := http.Get(os.Getenv("ORDERS_URL"))
		if err != nil {
			http.Error(w, err.Error(), 502)
			return
		}
		resp.Body.Close()
		fmt.Fprint(w, "users ", lib.Version, " ", os.Getenv("REGION"))
	})
	panic(http.ListenAndServe(os.Getenv("USERS_BIND"), nil))
}
`

const workspaceConfig = `
[[service]]
name = "users"
package = "./users/server"
address = "localhost:7002"
env = { USERS_BIND = "localhost:{port}" }
needs = ["orders"]
ready.log = "^users listens"

[[service]]
name = "orders"
package = "./orders/server"
address = "localhost:7001"
args = ["-addr", "localhost:{port}"]
ready.http = "/healthz"
`

// TestWorkspace: a workspace of two modules.
func TestWorkspace(t *testing.T) {
	if !ready(t, "7001", "7002", "7003") {
		return
	}
	dir := project(t, workspace)
	refused, err := command(t, dir).CombinedOutput()
	require.Error(t, err, "two programs are called server")
	assert.Contains(t, string(refused), `a second service is called "server"`)
	assert.Contains(t, string(refused), `write name = "users-server"`)

	save(t, filepath.Join(dir, "dev.toml"), workspaceConfig)
	save(t, filepath.Join(dir, ".env"), "REGION=north\n")
	below := filepath.Join(dir, "users") // dev.toml is found above
	d := start(t, below)
	d.dir = dir
	d.serves("7001", "orders lib 1")
	d.serves("7002", "users lib 1 north")
	d.write("lib1/lib.go", "package lib\n\nconst Version = \"lib 1.1\"\n")
	d.serves("7001", "orders lib 1.1")
	d.serves("7002", "users lib 1.1 north")

	t.Run("go.work", func(t *testing.T) {
		d.write("go.work", "go 1.26\n\nuse (\n\t./lib2\n\t./orders\n\t./users\n)\n")
		d.serves("7001", "orders lib 2")
		d.write("lib2/lib.go", "package lib\n\nconst Version = \"lib 2.1\"\n")
		d.serves("7001", "orders lib 2.1")
		d.serves("7002", "users lib 2.1 north")
	})
	t.Run("go.mod", func(t *testing.T) {
		d.write("users/go.mod", "module example.test/users\n\ngo 1.26\n\nrequire example.test/lib\n")
		s := d.await("users", "broken", func(s page.Service) bool { return !s.Build.OK })
		assert.Contains(t, s.Build.Output, "go.mod")
		d.serves("7002", "users lib 2.1 north")
		d.write("users/go.mod", "module example.test/people\n\ngo 1.26\n\nrequire example.test/lib v0.0.0\n") // which renames its program's path
		d.await("users", "well", func(s page.Service) bool { return s.Build.OK })
		d.write("users/server/more.go", "package main\n\nimport \"os\"\n\nfunc init() { os.Setenv(\"REGION\", \"south\") }\n")
		d.serves("7002", "users lib 2.1 south")
	})
	t.Run("dev.toml", func(t *testing.T) {
		d.write("dev.toml", workspaceConfig+"neads = 1\n")
		d.prints(`unknown key "service.neads" (until that is right, all goes on as it was)`)
		d.serves("7002", "users lib 2.1 south")
		save(t, filepath.Join(dir, "users", "server", "more.go"), "package main\n")
		d.serves("7002", "users lib 2.1 north")
		d.write(".env", "REGION=west\n")
		d.write("dev.toml", replace(workspaceConfig, "localhost:7001", "localhost:7003"))
		d.prints("dev.toml or a file of variables has changed: starting all services again")
		d.serves("7003", "orders lib 2.1")
		d.serves("7002", "users lib 2.1 west")
		_, err := get("http://localhost:7001")
		assert.Error(t, err, "nothing listens there any more")
		d.write("dev.toml", workspaceConfig)
		d.serves("7001", "orders lib 2.1")
	})
	t.Run("dev is killed", func(t *testing.T) {
		var pids []int
		for _, s := range d.status() {
			pids = append(pids, s.PID)
		}
		require.Len(t, pids, 2)
		require.NoError(t, d.process.Kill())
		d.stop()
		if left, _ := filepath.Glob(filepath.Join(d.temp, "*")); len(left) > 0 && isWindows {
			return // the next dev removes it
		}
		d.leavesNothing(pids)
	})
	again := start(t, dir, "-only", "orders")
	again.serves("7001", "orders lib 2.1")
	require.Len(t, again.status(), 1)
	again.end()
}
