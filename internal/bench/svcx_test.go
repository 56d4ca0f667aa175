package bench

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// BenchmarkServiceSize reports how much a service manager adds to a program
// that serves HTTP: svcx with its whole command line, svcx.Run alone, and
// kardianos/service. Run it with -benchtime=1x.
func BenchmarkServiceSize(b *testing.B) {
	for _, system := range []string{"windows", "linux", "darwin"} {
		b.Run(system, func(b *testing.B) {
			for b.Loop() {
				size := func(name string) float64 {
					exe := build(b, system, "services/size/"+name, "-trimpath", "-ldflags=-s -w")
					fi, err := os.Stat(exe)
					if err != nil {
						b.Fatal(err)
					}
					return float64(fi.Size())
				}
				none := size("none")
				kardianos := size("kardianos") - none
				for _, name := range []string{"svcx", "svcxrun"} {
					added := size(name) - none
					b.ReportMetric(added, name+"-B")
					b.ReportMetric(added/kardianos, name+"/kardianos")
				}
				b.ReportMetric(kardianos, "kardianos-B")
			}
		})
	}
}

// BenchmarkServiceStart reports the time from the creation of a service's
// process to its reports of START_PENDING and RUNNING: the fastest of 40
// starts of each, in turn, their ratios (other programs only make a start
// slower), and the medians of the ratios within each turn. Run it with -benchtime=1x.
func BenchmarkServiceStart(b *testing.B) {
	var wine []string
	if runtime.GOOS != "windows" {
		exec, err := filepath.Abs("../../.ci/wine-exec")
		if err != nil {
			b.Fatal(err)
		}
		wine = []string{exec}
	} else {
		testenv.NeedChange(b, "installs services")
	}
	driver := build(b, "windows", "services/driver")
	args := append(wine, driver, "40")
	mod := "-modfile=" + sessionless(b)
	for _, name := range []string{"svcx", "xsys", "kardianos"} {
		args = append(args, name+"="+windowsPath(build(b, "windows", "services/"+name, mod)))
	}
	for b.Loop() {
		cmd := exec.CommandContext(b.Context(), args[0], args[1:]...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil && strings.Contains(stderr.String(), "run wine-setup") {
			b.Skip(stderr.String())
		}
		if err != nil {
			b.Fatalf("%v\n%s", err, &stderr)
		}
		times := map[string][]float64{}
		for line := range strings.Lines(string(out)) {
			f := strings.Fields(line)
			us, err := strconv.ParseFloat(f[2], 64)
			if err != nil {
				b.Fatal(line)
			}
			times[f[0]+"-"+f[1]] = append(times[f[0]+"-"+f[1]], us)
		}
		median := func(list []float64) float64 {
			list = slices.Sorted(slices.Values(list))
			return list[len(list)/2]
		}
		for _, pair := range [][2]string{{"pending", "xsys"}, {"running", "xsys"}, {"running", "kardianos"}} {
			ours, theirs := times["svcx-"+pair[0]], times[pair[1]+"-"+pair[0]]
			ratios := make([]float64, len(ours))
			for round := range ours {
				ratios[round] = ours[round] / theirs[round]
			}
			name := pair[0] + "/" + pair[1]
			b.ReportMetric(slices.Min(theirs), pair[1]+"-"+pair[0]+"-µs")
			b.ReportMetric(slices.Min(ours), "svcx-"+pair[0]+"-µs")
			b.ReportMetric(slices.Min(ours)/slices.Min(theirs), name)
			b.ReportMetric(median(ratios), name+"-median")
		}
	}
}

func build(b *testing.B, system, dir string, flags ...string) (exe string) {
	b.Helper()
	exe = filepath.Join(b.TempDir(), filepath.Base(dir)+".exe")
	cmd := exec.CommandContext(b.Context(), "go", append(append([]string{"build", "-o", exe}, flags...), "./"+dir)...)
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return exe
}

func windowsPath(path string) string {
	if runtime.GOOS == "windows" {
		return path
	}
	return "Z:" + strings.ReplaceAll(path, "/", `\`)
}

// sessionless makes a go.mod file with an x/sys that takes a service for one
// that is not in session 0. It is not under Wine nor in containers, where the
// peers would run as console programs.
func sessionless(b *testing.B) (modfile string) {
	b.Helper()
	run := func(args ...string) string {
		cmd := exec.CommandContext(b.Context(), "go", args...)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("go %s: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	source, dir := run("list", "-m", "-f={{.Dir}}", "golang.org/x/sys"), b.TempDir()
	check(os.CopyFS(filepath.Join(dir, "sys", "windows"), os.DirFS(filepath.Join(source, "windows"))))
	for _, name := range []string{"go.mod", "windows/svc/security.go"} {
		text, err := os.ReadFile(filepath.Join(source, name))
		check(err)
		patched := bytes.Replace(text, []byte("parentProcess.SessionID == 0 && "), nil, 1)
		if name != "go.mod" && bytes.Equal(patched, text) {
			b.Fatalf("%s asks in another way", name)
		}
		file := filepath.Join(dir, "sys", name)
		check(os.RemoveAll(file)) // the copy is read-only
		check(os.WriteFile(file, patched, 0o644))
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(name)
		check(err)
		check(os.WriteFile(filepath.Join(dir, name), text, 0o644))
	}
	modfile = filepath.Join(dir, "go.mod")
	run("mod", "edit", "-replace=golang.org/x/sys="+filepath.Join(dir, "sys"), modfile)
	return modfile
}
