// Package doctor finds what is wrong with a machine's set-up for Go services.
//
// It works in two steps. Gatherers, thin and different per system, look at the
// machine and fill Facts; they change nothing and have three seconds each.
// Checks are pure functions from Facts to a Result, so that each can be tested
// on every system with facts that were captured elsewhere. What could not be
// seen is Unknown, never OK.
package doctor

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// Schema is the version of Report's JSON form. It is raised when a field goes or
// changes its meaning, not when one is added.
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

// Fix is what mends the machine, as it is typed into each shell. A shell in which
// it can't be done has an empty string.
type Fix struct {
	Cmd        string `json:"cmd,omitempty"`
	PowerShell string `json:"powershell,omitempty"`
	Sh         string `json:"sh,omitempty"`
}

// Same is a fix that reads the same in every shell.
func same(command string) *Fix { return &Fix{command, command, command} }

// Result is what a check found.
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
	MS         int64    `json:"ms"` // how long its gatherers took, in milliseconds
}

// Report is everything that was found; its JSON form is documented by example in
// testdata.
type Report struct {
	Schema  int            `json:"schema"`
	OS      string         `json:"os"`
	Arch    string         `json:"arch"`
	Lang    string         `json:"lang"`
	Results []Result       `json:"results"`
	Counts  map[Status]int `json:"counts"`
	MS      int64          `json:"ms"`
}

// Options say what to look at. The zero value looks at everything that needs no
// network, in English.
type Options struct {
	Only, Skip []string // check ids, or their prefixes up to a dot; Only empty: all
	Ports      []int    // the ports that the services are to use; none: 8080
	Binary     string   // a program to judge for debugging and for the firewall
	Dir        string   // the project's directory; "": the working directory
	Lang       string   // "zh" or "en"
	Online     bool     // may ask the proxy over the network
	Progress   func(done, all int)
}

// Run gathers the facts that the selected checks need, at once, and judges them.
func Run(ctx context.Context, o Options) (Report, error) {
	start := time.Now()
	selected, err := choose(o.Only, o.Skip)
	if err != nil {
		return Report{}, err
	}
	facts := gather(ctx, o, selected)
	report := Judge(facts, selected)
	report.MS = time.Since(start).Milliseconds()
	return report, nil
}

// Judge applies checks to facts. It is pure: it looks at nothing else.
func Judge(f *Facts, checks []Check) Report {
	report := Report{Schema: Schema, OS: f.OS, Arch: f.Arch, Lang: f.Lang, Counts: map[Status]int{}}
	for _, c := range checks {
		r := c.judge(f)
		r.ID, r.Group = c.ID, c.Group
		for _, need := range c.needs {
			r.MS = max(r.MS, f.MS[need])
		}
		report.Results = append(report.Results, r)
		report.Counts[r.Status]++
	}
	return report
}

// Check is one thing to look at.
type Check struct {
	ID    string
	Group string
	About string // what it looks at, in English
	needs []string
	judge func(*Facts) Result
}

// Checks returns all checks, in the order in which they are reported.
func Checks() []Check {
	return []Check{
		{"go.multi", "Go", "every go on PATH", []string{"go"}, goMulti},
		{"go.goroot", "Go", "GOROOT set, and not the tool's own", []string{"go"}, goRoot},
		{"go.mode", "Go", "GO111MODULE=off", []string{"go"}, goMode},
		{"go.gopath", "Go", "GOPATH, and modules inside GOPATH/src or the temporary directory", []string{"go"}, goPath},
		{"go.env.shadow", "Go", "a variable of the system against the go env -w file", []string{"go"}, goEnvShadow},
		{"go.env.session", "Go", "GOPROXY, GOSUMDB, GOPRIVATE set in this session only", []string{"go"}, goEnvSession},
		{"go.proxy", "Go", "GOPROXY, GOSUMDB, GOPRIVATE: syntax, and with --online reachability", []string{"go", "proxy"}, goProxy},
		{"go.modcache", "Go", "the module cache can be written", []string{"go", "dirs"}, goModCache},
		{"go.cache", "Go", "the build cache can be written", []string{"go", "dirs"}, goCache},
		{"go.tmp", "Go", "the temporary directory can be written, and executes programs", []string{"go", "dirs"}, goTmp},
		{"go.sum", "Go", "downloaded modules are as they were: go mod verify", []string{"sum"}, goSum},
		{"path.nonascii", "cgo", "non-ASCII directories while cgo is used", []string{"go"}, pathNonASCII},
		{"cgo.cc", "cgo", "a C compiler for the target where cgo is on", []string{"go", "cc"}, cgoCC},
		{"win.build", "Windows", "Windows and WSL versions against what Docker Desktop supports", []string{"windows", "wsl"}, winBuild},
		{"win.virt", "Windows", "hypervisor, or firmware virtualisation and SLAT", []string{"windows", "powershell"}, winVirt},
		{"win.features", "Windows", "WSL, VirtualMachinePlatform and Hyper-V features", []string{"windows", "powershell"}, winFeatures},
		{"wsl", "Windows", "installed WSL distributions", []string{"windows", "wsl"}, wsl},
		{"docker", "Docker", "the engine's pipe or socket, and the right to use it", []string{"docker"}, docker},
		{"port.reserved", "Network", "excluded ranges and owners of the ports asked about", []string{"ports"}, portReserved},
		{"net.stack", "Network", "both address families, and localhost on both", []string{"net"}, netStack},
		{"fw.block", "Network", "a firewall rule that blocks this program or port", []string{"firewall"}, fwBlock},
		{"dbg.dlv", "Debugging", "whether breakpoints hit in a binary; .vscode/launch.json", []string{"debug"}, dbgDlv},
		{"con.cp", "Console", "output code page, the UTF-8 beta, PowerShell's encoding", []string{"console", "powershell"}, conCP},
		{"time", "System", "the clock is kept", []string{"clock", "powershell"}, clock},
		{"path.long", "System", "long paths for programs and for git", []string{"long"}, pathLong},
	}
}

// choose returns the checks that only and skip leave. An entry names a check, or
// all checks below it: "go" is go.multi, go.env.shadow and so on.
func choose(only, skip []string) ([]Check, error) {
	var selected []Check
	used := map[string]bool{}
	named := func(id string, names []string) (hit bool) {
		for _, name := range names {
			if id == name || len(id) > len(name) && id[:len(name)] == name && id[len(name)] == '.' {
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
func Lang() string { return systemLang(runtime.GOOS) }
