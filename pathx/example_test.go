package pathx_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/surefoot-go/surefoot/pathx"
)

// A service reads its configuration and logs which file it is. It runs without one if there is
// none, and exits on any other error.
func ExampleFinder_Open() {
	path := flag.String("config", "", "configuration `file`")
	flag.Parse()

	var config struct{ Listen string }
	f, err := pathx.Finder{App: "orders", Flag: *path, EnvVar: "ORDERS_CONFIG"}.Open()
	switch {
	case err == nil:
		defer f.Close()
		slog.Info("configuration", "file", f.Path, "source", f.Source)
		if err := json.NewDecoder(pathx.NewTextReader(f)).Decode(&config); err != nil {
			log.Fatalf("%s: %v", f.Path, err)
		}
	case errors.Is(err, fs.ErrNotExist) && *path == "":
		slog.Info("no configuration: defaults", "looked", err)
	default:
		log.Fatal(err)
	}
}

func ExampleFinder_Explain() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)

	for _, a := range (pathx.Finder{App: "orders", Flag: filepath.Join(dir, "orders.json")}).Explain()[:1] {
		fmt.Println(a.Source, filepath.Base(a.Path), a.Status())
	}
	// Output: flag orders.json does not exist
}

func ExampleNotFoundError() {
	_, err := pathx.Finder{App: "orders", Flag: "/nowhere/orders.json"}.Open()
	var notFound *pathx.NotFoundError
	if errors.As(err, &notFound) {
		for _, a := range notFound.Tried {
			fmt.Println(a.Source, a.Status())
		}
	}
	// Output: flag does not exist
}

func ExampleDirsOf() {
	dirs, err := pathx.DirsOf("orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(filepath.Join(dirs.Cache, "thumbnails"))
}

func ExampleCheckName() {
	fmt.Println(pathx.CheckName("report.txt"))
	fmt.Println(pathx.CheckName("nul.txt"))
	// Output:
	// <nil>
	// pathx: bad name "nul.txt": reserved for a device on Windows
}

func ExampleJoin() {
	path, err := pathx.Join("uploads", "2026/11", "report.txt")
	fmt.Println(filepath.ToSlash(path), err)
	_, err = pathx.Join("uploads", `..\..\Windows\win.ini`)
	fmt.Println(err)
	// Output:
	// uploads/2026/11/report.txt <nil>
	// pathx: bad name "..\\..\\Windows\\win.ini": leads out of uploads
}

// Windows PowerShell's > writes UTF-16.
func ExampleNewTextReader() {
	text, err := io.ReadAll(pathx.NewTextReader(strings.NewReader("\xFF\xFEo\x00k\x00")))
	fmt.Printf("%s %v\n", text, err)
	// Output: ok <nil>
}

func ExampleExpand() {
	os.Setenv("ORDERS_HOME", "/srv/orders")
	path, err := pathx.Expand(`${ORDERS_HOME}/data, %ORDERS_HOME%/log, 100%, \\host\c$`)
	fmt.Println(path, err)
	_, err = pathx.Expand("${ORDERS_NOWHERE}/data")
	fmt.Println(err)
	// Output:
	// /srv/orders/data, /srv/orders/log, 100%, \\host\c$ <nil>
	// pathx: can't expand "${ORDERS_NOWHERE}/data": at byte 0: the variable ORDERS_NOWHERE is not set
}

func ExampleExpandFunc() {
	vars := map[string]string{"region": "eu", "stage": "prod"}
	path, err := pathx.ExpandFunc("${stage}-${region}.json", func(name string) (string, bool) {
		value, ok := vars[name]
		return value, ok
	})
	fmt.Println(path, err)
	// Output: prod-eu.json <nil>
}

// Readers see either the old file or the new one in full, whatever happens.
func ExampleWriteFile() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)

	path := filepath.Join(dir, "state.json")
	for _, state := range []string{`{"offset": 1}`, `{"offset": 2}`} {
		if err := pathx.WriteFile(path, []byte(state), 0o600); err != nil {
			log.Fatal(err)
		}
	}
	data, _ := os.ReadFile(path)
	entries, _ := os.ReadDir(dir)
	fmt.Printf("%s in %d file\n", data, len(entries))
	// Output: {"offset": 2} in 1 file
}

// A service creates its directories at startup and fails immediately if it can't use them.
func ExampleEnsureDir() {
	dirs, err := pathx.DirsOf("orders")
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(pathx.EnsureDir(dirs.State, true), pathx.Writable(dirs.State)); err != nil {
		log.Fatal(err)
	}
}

// An installer creates the directories of a service that runs under another account.
func ExampleEnsureDirFor() {
	dirs, err := pathx.MachineDirs("orders")
	if err != nil {
		log.Fatal(err)
	}
	account := "orders" // of a systemd unit with User=orders
	if runtime.GOOS == "windows" {
		account = `NT SERVICE\orders`
	}
	for _, dir := range []string{dirs.State, dirs.Log} {
		if err := pathx.EnsureDirFor(dir, account); err != nil {
			log.Fatal(err)
		}
	}
}

func ExampleMachineDirs() {
	dirs, err := pathx.MachineDirs("orders")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("put the configuration at", filepath.Join(dirs.Config, "orders.json"))
}

// The operator may decide whose files are accepted, by a visible flag.
func ExampleTrust() {
	finder := pathx.Finder{App: "orders"}
	flags := flag.NewFlagSet("orders", flag.ContinueOnError)
	flags.StringVar(&finder.Flag, "config", "", "the configuration `file`; - is the standard input")
	flags.TextVar(&finder.Trust, "config-trust", pathx.TrustDefault, "whose files are taken: default, always or none")
	err := flags.Parse([]string{"-config-trust", "always"})
	fmt.Println(finder.Trust, err)
	// Output: always <nil>
}

func ExampleWritable() {
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	fmt.Println(pathx.Writable(dir))
	fmt.Println(errors.Is(pathx.Writable(filepath.Join(dir, "nowhere")), fs.ErrNotExist))
	// Output:
	// <nil>
	// true
}

// The error tells the owner of a file who else can write it.
func ExampleUntrustedError() {
	_, err := pathx.Finder{App: "orders", Trust: pathx.TrustAlways}.Open()
	var untrusted *pathx.UntrustedError
	if errors.As(err, &untrusted) {
		fmt.Println("can be changed by", untrusted.Who)
		fmt.Println("run:", untrusted.Fix)
	}
}
