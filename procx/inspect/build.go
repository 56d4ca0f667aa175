package inspect

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"
)

// Verdict says how well a debugger's breakpoints and variables work in a binary.
type Verdict uint8

const (
	// Unknown means that the binary could not be read, or was built by a compiler other than gc.
	Unknown Verdict = iota
	// Debuggable means that every package was compiled without optimisation and inlining.
	Debuggable
	// MainOnly means that only the main package, or the packages in Report.Unoptimized, were
	// compiled without optimisation, as with -gcflags="-N -l" without "all=".
	MainOnly
	// Optimized means that a breakpoint may hit elsewhere or not at all, because its function was
	// inlined, and that variables may be missing.
	Optimized
	// Stripped means that there is no DWARF, so that a debugger finds few functions by name and no
	// variables, or that there is no symbol table, without which delve does not start the program.
	Stripped
)

// String returns the verdict in lower case words.
func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", v)
}

var verdicts = [...]string{"unknown", "debuggable", "main only", "optimized", "stripped"}

// MarshalText returns String.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Report describes how a Go binary was built.
type Report struct {
	Verdict Verdict
	Reason  string // the reason for the verdict, and its effect on breakpoints
	Fix     string // the command that builds it Debuggable; empty if it is

	Path      string // of the binary
	Package   string // import path of its main package
	Module    string
	Version   string // of the module; "(devel)" in a work tree
	GoVersion string
	GOOS      string
	GOARCH    string

	GCFlags  string // as given, including GOFLAGS and under Trimpath
	LDFlags  string // not recorded under Trimpath
	Tags     string
	DWARF    bool // has debug information
	Trimpath bool // a debugger needs SubstitutePath to find the sources
	Race     bool
	Cover    bool
	CGO      bool

	// Unoptimized lists the packages compiled by -N -l, sorted.
	Unoptimized []string

	// SubstitutePath tells a debugger where the sources of the main module are if -trimpath has
	// removed their paths: without it, breakpoints by file and line don't work. It is empty if the
	// binary contains the full paths.
	SubstitutePath []Substitution

	// Delve is the first release of delve that supports the binary's Go version, such as "1.26";
	// older releases reject the binary or show wrong values. It is empty if the Go version is not a
	// release.
	Delve string

	VCS VCS

	flags     []string // flags of the go command and
	env       []string // variables with which Fix builds the same binary
	noSymbols bool     // there is no symbol table
}

// Substitution maps a path in a binary to one on this machine. These are "to" and "from" in VS
// Code's substitutePath, and the two arguments of delve's "config substitute-path".
type Substitution struct {
	Binary string // "example.com/app"
	Local  string // a directory; "${workspaceFolder}" where it was not found
}

// VCS is the state of the work tree from which a binary was built; zero unless recorded
// (-buildvcs).
type VCS struct {
	System   string // "git", …
	Revision string
	Time     time.Time // of the revision
	Modified bool      // with uncommitted changes
}

// Build reports on the running program. The first call reads its debug information, which takes
// some tens of milliseconds; further calls cost nothing. If the program's file can't be read, the
// verdict is Unknown and Reason says why.
//
// Binaries built by "go run" and "go test" have no DWARF.
func Build() Report {
	r := ownBuild()
	r.Unoptimized = slices.Clone(r.Unoptimized)
	return r
}

var own struct {
	once   sync.Once
	report Report
}

func ownBuild() Report {
	own.once.Do(func() { own.report = readOwnBuild() })
	return own.report
}

func readOwnBuild() Report {
	path, err := os.Executable()
	if err == nil {
		var r Report
		if r, err = BuildOf(path); err == nil {
			return r
		}
	}
	r := Report{Path: path, GoVersion: runtime.Version(), GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Reason: err.Error()}
	if info, ok := debug.ReadBuildInfo(); ok {
		r.settings(info)
	}
	return r
}

// BuildOf reports on the binary at path: ELF, PE or Mach-O, of any system. Whether packages are
// optimised is determined from its DWARF (DW_AT_producer), since the flags in its build information
// only show what was requested.
//
// BuildOf returns the error of opening the file, such as fs.ErrNotExist, or an error if the file
// isn't a Go binary.
func BuildOf(path string) (Report, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return Report{}, fmt.Errorf("inspect: build information of %s: %w", path, err)
	}
	r := Report{Path: path}
	r.settings(info)
	units, dwarf, symbols, err := unitsOf(path)
	r.DWARF, r.noSymbols = dwarf, !symbols
	if err != nil {
		r.Reason = fmt.Sprintf("the debug information can't be read: %v", err)
		return r, nil
	}
	r.judge(units)
	return r, nil
}

// settings sets the fields that the go command recorded.
func (r *Report) settings(info *debug.BuildInfo) {
	r.GoVersion, r.Package, r.Module, r.Version = info.GoVersion, info.Path, info.Main.Path, info.Main.Version
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS":
			r.GOOS = s.Value
		case "GOARCH":
			r.GOARCH = s.Value
		case "-gcflags":
			r.GCFlags = s.Value
		case "-ldflags":
			r.LDFlags = s.Value
		case "-tags":
			r.Tags = s.Value
		case "-trimpath":
			r.Trimpath = s.Value == "true"
		case "-race":
			r.Race = s.Value == "true"
		case "-cover":
			r.Cover = s.Value == "true"
		case "CGO_ENABLED":
			r.CGO = s.Value == "1"
			r.env = append(r.env, s.Key+"="+s.Value)
		case "-buildmode", "-covermode", "-coverpkg", "-asan", "-msan", "-pgo", "-asmflags":
			if s.Value != "exe" && s.Value != "default.pgo" { // the defaults
				r.flags = append(r.flags, s.Key+"="+s.Value)
			}
		case "GOEXPERIMENT":
			r.env = append(r.env, s.Key+"="+s.Value)
		case "vcs":
			r.VCS.System = s.Value
		case "vcs.revision":
			r.VCS.Revision = s.Value
		case "vcs.time":
			r.VCS.Time, _ = time.Parse(time.RFC3339, s.Value)
		case "vcs.modified":
			r.VCS.Modified = s.Value == "true"
		}
	}
	r.Delve = delveFor(r.GoVersion)
	if r.Trimpath && r.Module != "" {
		r.SubstitutePath = []Substitution{{Binary: r.Module, Local: localModule(r.Module)}}
	}
}

// judge determines the verdict from the binary's compile units.
func (r *Report) judge(units []unit) {
	var optimized []string
	for _, u := range units {
		switch n, l := u.flag("-N"), u.flag("-l"); {
		case n && l:
			r.Unoptimized = append(r.Unoptimized, u.name)
		case l && u.standard():
			// The runtime's packages don't allow -N, so "all=-N -l" leaves them optimised.
		default:
			optimized = append(optimized, u.name)
		}
	}
	slices.Sort(r.Unoptimized)
	r.Unoptimized = slices.Compact(r.Unoptimized)
	switch {
	case !r.DWARF:
		r.Verdict = Stripped
		r.Reason = "there is no debug information (-ldflags=-w or -s, or go run or go test): few breakpoints can be set, and no variables can be read"
	case r.noSymbols:
		r.Verdict = Stripped
		r.Reason = "there is no symbol table (-ldflags=-s): a debugger may not start it at all, as delve doesn't"
	case len(units) == 0:
		r.Reason = "the debug information has no package compiled by gc"
		return
	case len(optimized) == 0:
		r.Verdict = Debuggable
		r.Reason = "every package was compiled without optimisation: breakpoints will hit"
		if r.Trimpath {
			r.Reason = "every package was compiled without optimisation, but -trimpath has removed the paths of the sources: " +
				"breakpoints by function will hit, those by file and line will not" + r.substitutes()
		}
	case len(r.Unoptimized) > 0:
		r.Verdict = MainOnly
		r.Reason = fmt.Sprintf("breakpoints will hit only in %s; %d packages are optimised, because -gcflags has no \"all=\"",
			abridge(r.Unoptimized), len(optimized))
	default:
		r.Verdict = Optimized
		r.Reason = "every package is optimised: breakpoints may miss, as inlined functions have none of their own, and variables may be gone"
	}
	if r.Verdict != Debuggable {
		r.Fix = r.fix(runtime.GOOS, runtime.GOARCH)
	}
}

func abridge(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}
