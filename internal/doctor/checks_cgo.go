package doctor

import (
	"cmp"
	"slices"
	"strings"
)

const docCgo = "https://pkg.go.dev/cmd/cgo"

func cgoOff(f *Facts) Result { return f.result(Skip, "cgo is off", "cgo 未启用") }

func pathNonASCII(f *Facts) Result {
	g := f.Go
	if g.Env["CGO_ENABLED"] != "1" {
		return cgoOff(f)
	}
	var evidence []string
	var fixes []*Fix
	add := func(name, value, fixed string, fix *Fix) {
		if strings.ContainsFunc(value, func(r rune) bool { return r > 0x7f }) {
			evidence = append(evidence, name+"="+value)
			fixes = append(fixes, f.assign(fixed, fix))
		}
	}
	add("GOPATH", g.Env["GOPATH"], "GOPATH", inRoot("GOPATH", "gopath"))
	add("GOTMPDIR", g.Env["GOTMPDIR"], "GOTMPDIR", inRoot("GOTMPDIR", "gotmp"))
	if g.Env["GOTMPDIR"] == "" {
		add("TMP", g.TempDir, "GOTMPDIR", inRoot("GOTMPDIR", "gotmp")) // other programs keep theirs
	}
	add("CC", g.Env["CC"], "CC", goEnvW("CC", "gcc"))
	switch {
	case evidence == nil:
		return f.result(OK, "the directories that the C compiler sees are ASCII", "C 编译器所见的目录均为 ASCII")
	case f.OS != "windows": // where paths are bytes, and compilers leave them as they are
		r := f.result(Info, "cgo is used, and a directory that the C compiler sees is not ASCII", "启用了 cgo，而 C 编译器所见的目录含非 ASCII 字符")
		r.Evidence = evidence
		return r
	}
	r := f.result(Warn, "cgo is used, and a directory that the C compiler sees is not ASCII: MinGW may not find it", "启用了 cgo，而 C 编译器所见的目录含非 ASCII 字符：MinGW 可能找不到它")
	r.Evidence, r.Fix, r.Doc = evidence, chain(fixes...), docCgo
	return r
}

// inRoot has a directory of Go's below the root of Windows' drive C, which is ASCII whatever the
// user's name is.
func inRoot(name, dir string) *Fix {
	x := chain(program(`mkdir C:\`+dir), goEnvW(name, `C:\`+dir))
	x.PowerShell = strings.Replace(x.PowerShell, "mkdir", "mkdir -Force", 1)
	x.Sh = strings.Replace(x.Sh, "mkdir", "mkdir -p", 1)
	return x
}

// machines are what -dumpmachine begins with, by GOARCH.
var machines = map[string][]string{
	"amd64": {"x86_64", "amd64"}, "386": {"i386", "i486", "i586", "i686"}, "arm64": {"aarch64", "arm64"}, "arm": {"arm"},
	"loong64": {"loongarch64"}, "ppc64le": {"powerpc64le", "ppc64le"}, "riscv64": {"riscv64"}, "s390x": {"s390x"},
}

// makesFor reports whether a compiler's machine is one of a system's. On Windows that is MinGW, or
// clang with its headers: MSYS2's and Cygwin's own compilers make programs that need their DLL, and
// code for Microsoft's C library has other objects than cgo makes.
func makesFor(goos, machine string) bool {
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(machine, part) })
	}
	switch goos {
	case "windows":
		return has("mingw", "windows-gnu") && !has("msvc")
	case "linux":
		return has("linux") || !has("mingw", "msys", "cygwin", "windows", "darwin", "apple", "bsd")
	case "darwin":
		return has("darwin", "apple")
	}
	return true
}

// makesCode reports whether a compiler makes code for an architecture. MinGW.org's says no more
// than "mingw32". Go passes -m32 by itself, which some can and others can't.
func makesCode(arch string, cc *CCFacts, flags string) bool {
	switch {
	case cc.Machine == "mingw32":
		return arch == "386"
	case arch == "386" && (cc.Multilib || slices.Contains(strings.Fields(flags), "-m32")):
		return true
	case arch == "amd64" && slices.Contains(strings.Fields(flags), "-m64"):
		return true
	}
	return slices.ContainsFunc(machines[arch], func(prefix string) bool { return strings.HasPrefix(cc.Machine, prefix) })
}

func cgoCC(f *Facts) Result {
	g, cc := f.Go, f.CC
	arch := g.Env["GOARCH"]
	if g.Env["CGO_ENABLED"] != "1" {
		return cgoOff(f)
	}
	var r Result
	switch {
	case cc.Path == "":
		r = f.result(Error, "cgo is on, but there is no C compiler %q on PATH", "启用了 cgo，但 PATH 上没有 C 编译器 %q", cc.CC)
		r.Evidence = []string{"CC=" + g.Env["CC"]}
		r.Fix = getCompiler(f)
	case cc.Machine == "" || machines[arch] == nil:
		return f.unknown(f.text("%s does not report its target", "%s 没有说明其目标", cc.CC))
	case !makesFor(cmp.Or(g.Env["GOOS"], f.OS), cc.Machine):
		r = f.result(Error, "the C compiler targets %s, which can't be linked with Go's %s", "C 编译器的目标是 %s，无法与 Go 的 %s 程序链接", cc.Machine, cmp.Or(g.Env["GOOS"], f.OS))
		r.Evidence = []string{cc.Path}
		r.Fix = f.assign("CGO_ENABLED", goEnvW("CGO_ENABLED", "0"))
		if f.OS == "windows" && g.Env["GOOS"] == f.OS {
			r.Fix = getCompiler(f)
		}
	case f.OS == "darwin" || makesCode(arch, cc, g.Env["CC"]+" "+g.Env["CGO_CFLAGS"]):
		return f.result(OK, "%s compiles for %s", "%s 的目标为 %s", cc.CC, cc.Machine) // a Mac's does for all
	default:
		r = f.result(Error, "the C compiler targets %s, and Go targets %s", "C 编译器的目标是 %s，Go 的目标是 %s", cc.Machine, arch)
		r.Evidence = []string{cc.Path}
		r.Fix = f.assign("CGO_ENABLED", goEnvW("CGO_ENABLED", "0"))
		if f.OS == "windows" {
			r.Fix = getCompiler(f)
		}
	}
	r.Doc, r.NeedsAdmin = docCgo, f.OS == "linux" && strings.HasPrefix(r.Fix.Sh, "sudo")
	return r
}

// msys are MSYS2's compilers for an architecture: the package, and where it is.
var msys = map[string][2]string{
	"amd64": {"mingw-w64-ucrt-x86_64-gcc", "ucrt64"},
	"386":   {"mingw-w64-i686-gcc", "mingw32"},
	"arm64": {"mingw-w64-clang-aarch64-gcc-compat", "clangarm64"},
}

// packagers are how the package managers get a compiler and its C library.
var packagers = map[string]string{
	"apt-get": "sudo apt-get install -y gcc libc6-dev", "dnf": "sudo dnf install -y gcc", "zypper": "sudo zypper install -y gcc",
	"pacman": "sudo pacman -S --needed gcc", "apk": "sudo apk add gcc musl-dev",
}

func getCompiler(f *Facts) *Fix {
	off := f.assign("CGO_ENABLED", goEnvW("CGO_ENABLED", "0"))
	switch f.OS {
	case "windows":
		pack, ok := msys[f.Go.Env["GOARCH"]]
		if !ok {
			return off
		}
		return chain(program("winget install --exact --id MSYS2.MSYS2"),
			program(`C:\msys64\usr\bin\bash.exe -lc "pacman -S --needed --noconfirm `+pack[0]+`"`),
			f.firstOnPath(`C:\msys64\`+pack[1]+`\bin`))
	case "darwin":
		return program("xcode-select --install")
	}
	if line := packagers[f.CC.Packager]; line != "" {
		return program(line)
	}
	return off
}
