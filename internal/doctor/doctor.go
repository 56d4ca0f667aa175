// Package doctor finds problems in a machine's set-up for Go services.
//
// It works in two steps. Gatherers, which are thin and differ per system, inspect the machine and
// fill Facts; they change nothing and have three seconds each. Checks are pure functions from Facts
// to a Result, so that each can be tested on every system with facts captured elsewhere. If facts
// are missing, the result is Unknown, never OK.
package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Schema is the version of Report's JSON form. It is raised when a field goes or changes its
// meaning, not when one is added.
const Schema = 1

// Status is a check's verdict.
type Status string

const (
	OK      Status = "ok"
	Info    Status = "info"    // nothing is wrong, but worth knowing
	Warn    Status = "warn"    // works now, bites later
	Error   Status = "error"   // broken
	Skip    Status = "skip"    // does not apply to this machine
	Unknown Status = "unknown" // could not be seen
)

// Result is the result of a check.
type Result struct {
	ID         string   `json:"id"`
	Group      string   `json:"group"`
	Status     Status   `json:"status"`
	Summary    string   `json:"summary"`
	Evidence   []string `json:"evidence,omitempty"`
	Fix        *Fix     `json:"fix,omitempty"`
	NeedsAdmin bool     `json:"needs_admin,omitempty"`
	Reboot     bool     `json:"reboot,omitempty"`
	Doc        string   `json:"doc,omitempty"`
	MS         int64    `json:"ms"` // how long its slowest gatherer took, in milliseconds

	elsewhere bool   // the check is for another system
	cause     string // what is wrong, if several checks see it: the first says it
}

// Report holds the results of all checks.
type Report struct {
	Schema  int            `json:"schema"`
	OS      string         `json:"os"`
	Arch    string         `json:"arch"`
	Lang    string         `json:"lang"`
	Results []Result       `json:"results"`
	Counts  map[Status]int `json:"counts"`
	MS      int64          `json:"ms"`
}

// Options selects the checks. The zero value runs everything that needs no network, in English.
type Options struct {
	Only, Skip []string              // check ids, or what stands before their dots; Only empty: all
	Ports      []int                 // the ports that the services are to use; none: 8080
	Binary     string                // a program to judge for debugging and for the firewall
	Dir        string                // the project's directory; "": the working directory
	Lang       string                // "zh" or "en"
	Online     bool                  // may use the network
	Progress   func(done, total int) // is called as gatherers end
}

// Run concurrently gathers the facts that the selected checks need, and runs the checks. The error
// is about the options, or ctx's.
func Run(ctx context.Context, o Options) (Report, error) {
	start := time.Now()
	selected, err := choose(o.Only, o.Skip)
	if err != nil {
		return Report{}, err
	}
	facts := gather(ctx, o, selected)
	if err := ctx.Err(); err != nil {
		return Report{}, fmt.Errorf("doctor: interrupted: %w", err)
	}
	report := Judge(facts, selected)
	report.MS = time.Since(start).Milliseconds()
	return report, nil
}

// Judge applies checks to facts. It is a pure function.
func Judge(f *Facts, checks []Check) Report {
	report := Report{Schema: Schema, OS: f.OS, Arch: f.Arch, Lang: f.Lang, Results: []Result{}, Counts: map[Status]int{}}
	if report.Lang == "" {
		report.Lang = "en"
	}
	causes := map[string]string{} // and the check that has named it
	for _, c := range checks {
		r := c.result(f)
		if first := causes[r.cause]; r.cause != "" && first != "" {
			r = f.result(Skip, "see %s", "见 %s", first)
		} else if r.cause != "" {
			causes[r.cause] = c.ID
		}
		r.ID, r.Group = c.ID, c.Group
		for need := range c.gatherers() {
			r.MS = max(r.MS, f.MS[need])
		}
		r.clean()
		r.Fix.keepFor(f.OS)
		report.Results = append(report.Results, r)
		report.Counts[r.Status]++
	}
	return report
}

// Check is one check.
type Check struct {
	ID    string
	Group string
	About string // what it checks, in English
	on    string // the only system for which it applies; "": all
	needs string // the gatherers that it needs; those with a ? are optional
	judge func(*Facts) Result
}

// gatherers yields the names of c's gatherers, and whether each must succeed.
func (c Check) gatherers() func(yield func(name string, must bool) bool) {
	return func(yield func(string, bool) bool) {
		for _, need := range strings.Fields(c.needs) {
			name, optional := strings.CutSuffix(need, "?")
			if !yield(name, !optional) {
				return
			}
		}
	}
}

// result judges, if the check is for this system and its facts are there.
func (c Check) result(f *Facts) Result {
	if c.on != "" && c.on != f.OS {
		r := f.result(Skip, "for Windows only", "仅适用于 Windows")
		r.elsewhere = true
		return r
	}
	for need, must := range c.gatherers() {
		if !must {
			continue
		}
		if need == "go" && f.Tools != nil && len(f.Tools.Found) == 0 {
			return f.result(Skip, "there is no go on PATH", "PATH 上没有 go")
		}
		if need == "go" && f.broken() {
			return f.result(Skip, "go does not run: see go.multi", "go 无法运行：见 go.multi")
		}
		if why := f.Failed[need]; why != "" {
			if need == "go" && c.ID != "go.build" { // which says why, once
				return f.result(Skip, "go says nothing about itself: see go.build", "go 没有给出自身信息：见 go.build")
			}
			return f.unknown(why)
		}
	}
	return c.judge(f)
}

// Checks returns all checks, in the order in which they are made.
func Checks() []Check {
	const windows = "windows"
	return []Check{
		{"go.multi", "Go", "every go on PATH, and whether it runs", "", "tools go?", goMulti},
		{"go.version", "Go", "the release that go.mod wants, and one that gets no more fixes", "", "tools go", goVersion},
		{"go.build", "Go", "variables, go.mod or go.work that stop every build", "", "tools go sum?", goBuild},
		{"go.target", "Go", "GOOS and GOARCH that are not this machine's", "", "tools go", goTarget},
		{"go.goroot", "Go", "GOROOT set, and not the tool's own", "", "tools go", goRoot},
		{"go.mode", "Go", "GO111MODULE=off", "", "tools go", goMode},
		{"go.gopath", "Go", "GOPATH, and modules inside GOPATH/src or in the temporary root", "", "tools go", goPath},
		{"go.env.shadow", "Go", "variables of the environment that hide what go env -w has written", "", "tools go", goEnvShadow},
		{"go.env.session", "Go", "GOPROXY, GOSUMDB, GOPRIVATE set in this session only", "", "tools go", goEnvSession},
		{"go.proxy", "Go", "GOPROXY, GOSUMDB, GOPRIVATE: syntax, and with --online whether the proxy answers", "", "tools go proxy? http?", goProxy},
		{"go.netrc", "Go", "passwords for private modules: .netrc", "", "http", goNetrc},
		{"go.modcache", "Go", "the module cache can be written, everywhere", "", "tools go dirs", goModCache},
		{"go.cache", "Go", "the build cache can be written", "", "tools go dirs", goCache},
		{"go.tmp", "Go", "the temporary directory can be written, and programs run from it", "", "tools go dirs", goTmp},
		{"go.sum", "Go", "go.sum: merge conflicts, missing entries, modules that have changed", "", "tools go sum", goSum},
		{"go.bin", "Go", "the directory of go install is on PATH", "", "tools go path", goBin},
		{"go.vcs", "Go", "git, and the right to read the repository", "", "tools go vcs", goVCS},
		{"go.tools", "Go", "delve and gopls are not older than Go", "", "tools go dev", goTools},
		{"path.sync", "Go", "go's directories inside OneDrive and such", "", "tools go", pathSync},
		{"path.nonascii", "cgo", "non-ASCII directories while cgo is used", "", "tools go", pathNonASCII},
		{"cgo.cc", "cgo", "a C compiler for the target where cgo is on", "", "tools go cc", cgoCC},
		{"win.build", "Windows", "the versions of Windows and WSL that Docker Desktop supports", windows, "windows wsl? docker?", winBuild},
		{"win.virt", "Windows", "a hypervisor, or virtualisation in the firmware and SLAT", windows, "windows powershell docker? wsl?", winVirt},
		{"win.features", "Windows", "the features VirtualMachinePlatform, WSL and Hyper-V", windows, "powershell docker? wsl?", winFeatures},
		{"wsl", "Windows", "installed WSL distributions", windows, "wsl docker?", wsl},
		{"docker", "Docker", "the engine's pipe or socket, its context, and the right to use it", "", "docker host?", docker},
		{"net.proxy", "Network", "HTTP_PROXY and HTTPS_PROXY lead to a port where nothing listens", "", "http", netProxy},
		{"net.cert", "Network", "SSL_CERT_FILE and SSL_CERT_DIR can be read", "", "http", netCert},
		{"port.reserved", "Network", "reserved ranges, and owners, of the ports asked about", "", "ports", portReserved},
		{"net.stack", "Network", "both address families, and localhost on both", "", "net", netStack},
		{"fw.block", "Network", "firewall rules that block the program or the port", windows, "firewall", fwBlock},
		{"dbg.dlv", "Debugging", "whether breakpoints hit in a program; .vscode/launch.json", "", "debug", dbgDlv},
		{"con.cp", "Console", "output code page, the UTF-8 beta, PowerShell's encoding", "", "console powershell?", conCP},
		{"time", "System", "the clock is synchronised", "", "clock host?", clock},
		{"path.cut", "System", "PATH was not cut off", windows, "path", pathCut},
		{"path.long", "System", "long paths, for programs and for git", windows, "long", pathLong},
	}
}

// choose returns the checks selected by only and skip. An entry names a check, or all checks below
// it: "go" means go.multi, go.env.shadow and so on.
func choose(only, skip []string) ([]Check, error) {
	var selected []Check
	used := map[string]bool{}
	named := func(id string, names []string) (hit bool) {
		for _, name := range names {
			if id == name || strings.HasPrefix(id, name+".") {
				used[name], hit = true, true
			}
		}
		return hit
	}
	for _, c := range Checks() {
		in, out := len(only) == 0 || named(c.ID, only), named(c.ID, skip)
		if in && !out {
			selected = append(selected, c)
		}
	}
	for _, names := range [][]string{only, skip} {
		for _, name := range names {
			if !used[name] {
				return nil, fmt.Errorf("doctor: there is no check %q; --list prints them", name)
			}
		}
	}
	return selected, nil
}

// Lang returns the language of the system: "zh" or "en".
func Lang() string { return langOf(systemLang()) }

// text returns a message in the facts' language.
func (f *Facts) text(en, zh string, args ...any) string {
	if f.Lang == "zh" {
		en = zh
	}
	return fmt.Sprintf(en, args...)
}

// result returns a result that has no more than a summary.
func (f *Facts) result(s Status, en, zh string, args ...any) Result {
	return Result{Status: s, Summary: f.text(en, zh, args...)}
}

// unknown is the result of a check whose facts could not be gathered.
func (f *Facts) unknown(why string) Result {
	return f.result(Unknown, "could not be checked: %s", "无法检查：%s", f.late(why))
}

// late puts the one error of this package that a text may have into the facts' language.
func (f *Facts) late(why string) string {
	return strings.ReplaceAll(why, errLate.Error(), f.text(errLate.Error(), fmt.Sprintf("%v 秒内没有响应", perGatherer.Seconds())))
}
