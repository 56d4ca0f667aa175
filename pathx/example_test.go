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
	"strings"

	"github.com/surefoot-go/surefoot/pathx"
)

// A service reads its configuration, says in its log which one it is, and does
// without one if there is none. Whatever else is wrong ends it.
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

// What Windows PowerShell's > writes is UTF-16.
func ExampleNewTextReader() {
	text, err := io.ReadAll(pathx.NewTextReader(strings.NewReader("\xFF\xFEo\x00k\x00")))
	fmt.Printf("%s %v\n", text, err)
	// Output: ok <nil>
}
