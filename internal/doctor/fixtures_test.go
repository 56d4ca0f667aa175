package doctor

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fixture is a machine: what a healthy one looks like, and what is different.
type fixture struct {
	check, name string
	want        Status
	change      func(f *Facts)
}

// linux makes a fixture's base the Linux one.
func linux(change func(f *Facts)) func(f *Facts) {
	return func(f *Facts) {
		*f = *healthyLinux()
		if change != nil {
			change(f)
		}
	}
}

// mac makes it a Mac's, which differs little.
func mac(change func(f *Facts)) func(f *Facts) {
	return linux(func(f *Facts) {
		f.OS, f.Arch, f.Go.Env["GOARCH"] = "darwin", "arm64", "arm64"
		f.Go.Env["GOOS"], f.Go.Env["GOHOSTOS"], f.Go.Env["GOHOSTARCH"] = "darwin", "darwin", "arm64"
		f.Go.Env["CC"] = "clang"
		f.CC = &CCFacts{CC: "clang", Path: "/usr/bin/clang", Machine: "arm64-apple-darwin24.1.0"}
		change(f)
	})
}

// setVar sets a variable of Go's in the environment, and in force.
func setVar(name, value, kept string) func(f *Facts) {
	return func(f *Facts) {
		f.Go.System[name], f.Go.Env[name] = value, value
		if kept != "" {
			f.Go.Kept[name] = kept
		}
	}
}

// fails makes a gatherer one that has nothing.
func fails(gatherer, why string) func(f *Facts) {
	return func(f *Facts) { f.Failed[gatherer] = why }
}

func another(path, version string) GoTool {
	dir := path[:strings.LastIndexAny(path, `/\`)]
	return GoTool{Path: path, Real: path, Dir: dir, Version: version, Root: dir[:strings.LastIndexAny(dir, `/\`)]}
}

func noGo(f *Facts)  { f.Tools.Found = nil }
func nothing(*Facts) {}

// goFails is a go that runs, but says nothing of its variables.
func goFails(f *Facts) {
	fails("go", "go env -json: unexpected end of JSON input")(f)
	f.Go = nil
}

// goBroken is one that does not run.
func goBroken(f *Facts) {
	f.Go, f.Failed["go"] = nil, "go env: exit status 2"
	f.Tools.Found[0].Version, f.Tools.Found[0].Err = "", "go env: exit status 2: go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set"
}

// guilty is a variable that makes go refuse, and what that says.
func guilty(name, value, kept, said string) func(f *Facts) {
	return func(f *Facts) {
		setVar(name, value, kept)(f)
		f.Go.Refusal, f.Go.Guilty = said, map[string]string{name: said}
	}
}

var fixtures = slices.Concat(goFixtures, moduleFixtures, toolFixtures, systemFixtures)

// find returns the check of that id.
func find(t *testing.T, id string) Check {
	t.Helper()
	for _, c := range Checks() {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no check %q", id)
	return Check{}
}

func (x fixture) facts() *Facts {
	f := healthyWindows()
	x.change(f)
	return f
}

// file has no dot before its ending: "con.cp" is Windows' device CON, so nobody there could check
// it out, and a module with such a name, or an apostrophe, in it can't be fetched.
func (x fixture) file() string {
	name := strings.NewReplacer(" ", "-", ":", "_", "'", "").Replace(x.name)
	return filepath.Join("testdata", "golden", strings.ReplaceAll(x.check, ".", "-"), name+".json")
}
