package doctor

import (
	"time"
)

// Facts holds the results of the gatherers. A section is nil if its gatherer was not needed or
// failed, in which case Failed says why.
type Facts struct {
	OS, Arch string
	Lang     string // "zh" or "en"; "" is English
	Now      time.Time
	MS       map[string]int64  // how long each gatherer took
	Failed   map[string]string // why a gatherer has nothing

	Host     *HostFacts
	Tools    *ToolsFacts
	Path     *PathFacts
	Go       *GoFacts
	VCS      *VCSFacts
	HTTP     *HTTPFacts
	Dev      *DevFacts
	Proxy    *ProxyFacts
	Dirs     *DirsFacts
	Sum      *SumFacts
	CC       *CCFacts
	Windows  *WindowsFacts
	PS       *PSFacts
	WSL      *WSLFacts
	Docker   *DockerFacts
	Ports    *PortsFacts
	Net      *NetFacts
	Firewall *FirewallFacts
	Debug    *DebugFacts
	Console  *ConsoleFacts
	Clock    *ClockFacts
	Long     *LongFacts
}

// HostFacts describe the kind of machine.
type HostFacts struct {
	Systemd   bool // it is process 1, so that systemctl and timedatectl work
	Container bool
	WSL       bool
}

// ToolsFacts are the go commands.
type ToolsFacts struct {
	Found   []GoTool // on PATH, in order
	OffPath string   // the directory of one that is not on PATH, where none is
}

// GoTool is a go command.
type GoTool struct {
	Path, Real string // Real: without links
	Dir        string // Path's
	Version    string // "go1.26.8"
	Root       string // its own GOROOT, whatever the environment says
	Err        string // what it says instead, if it does not run
}

// PathFacts are those of PATH.
type PathFacts struct {
	Length int      // of the variable, in characters
	Dirs   []string // in order
	Cut    string   // the rest of an entry that was cut off where PATH was truncated
	Bin    string   // where go install puts programs
	Has    []string // the programs there
}

// VCSFacts are those of the version control that go build stamps programs with.
type VCSFacts struct {
	Root string // the directory with .git; "": there is none
	Git  string // path of the git command; "": it is not on PATH
	Err  string // what git says of the repository
}

// HTTPFacts are those of what HTTP clients take from the environment.
type HTTPFacts struct {
	Proxies []ProxyVar
	Kept    map[string]string // as in GoFacts
	Certs   map[string]string // SSL_CERT_FILE and SSL_CERT_DIR that can't be read, and why
	Netrc   string            // the file; "": none
	Faults  []string          // FILE:LINE and what is wrong there
	Open    bool              // others may read it
}

// ProxyVar is a variable that names a proxy.
type ProxyVar struct {
	Name, Value string
	Err         string // "": it is used or was not looked at
}

// DevFacts are those of the tools that depend on the release of Go.
type DevFacts struct{ Dlv, Gopls DevTool }

// DevTool is a program that was built with Go.
type DevTool struct {
	Path    string // "": not on PATH
	Version string // its module's
	Go      string // what it was built with
}

// GoFacts are Go's variables.
type GoFacts struct {
	Env     map[string]string // what is in force
	System  map[string]string // those in this process's environment
	File    map[string]string // those that go env -w has written
	EnvFile string            // the file that go env -w writes; "": none
	Kept    map[string]string // where a variable of System is kept for later sessions: "user", "machine", or FILE:LINE of start-up files
	Module  string            // the directory of the nearest go.mod
	TempDir string

	Refusal    string            // what go says if it refuses to do anything here
	Guilty     map[string]string // variables that make it refuse by themselves, and what it says
	Mod        ModFile           // of Module
	Work       string            // the go.work in force
	WorkMod    ModFile
	Toolchain  string   // the value of GOTOOLCHAIN that is configured
	Fallback   string   // the same without the environment
	Toolchains []string // downloaded, or on PATH
}

// ProxyFacts tell why the module proxy does not answer, if it was asked.
type ProxyFacts struct{ Err, Kind string }

// DirsFacts tell what can't be done in each directory; "" is nothing.
type DirsFacts struct {
	ModCache, Cache, Tmp, Exec string
	Foreign, CacheForeign      []string // what in the module and the build cache is another account's
}

// SumFacts are those of go.sum, and of the modules that it is about.
type SumFacts struct {
	Module     string   // "": there is none here
	Conflicts  []string // FILE:LINE of lines that are not entries
	Merge      bool     // they are those of a merge
	Lacks      []string // modules without an entry that a build needs
	Maybe      []string // the same, where it was not seen whether a build needs them
	Mismatched []string // modules whose downloaded hash is not that of go.sum
	Modified   []Changed
	Missing    []string // modules that are not downloaded
	Looked, Of int      // how many modules were read, and how many there are
}

// Changed is a module whose files were changed after it was downloaded.
type Changed struct{ Module, Path string }

// CCFacts are those of the C compiler.
type CCFacts struct {
	CC       string // the command's first word
	Path     string // "": not on PATH
	Machine  string // what -dumpmachine says
	Multilib bool   // it can make 32-bit code as well
	Packager string // the first package manager on PATH, on Linux
}

// WindowsFacts are what the kernel tells.
type WindowsFacts struct {
	Build              uint32
	Server             bool // Windows Server
	VirtFirmware, SLAT bool
}

// PSFacts are those of the one batch of PowerShell. It prints the quick ones first; Late says why
// the others are missing.
type PSFacts struct {
	Hypervisor     *bool
	OutputCodePage int            // [Console]::OutputEncoding of a new console
	Features       map[string]int // Win32_OptionalFeature's InstallState: 1 enabled, 2 disabled, 3 absent
	Late           string         `json:"-"`
}

// WSLFacts are those of the Windows Subsystem for Linux.
type WSLFacts struct {
	Version string // of the package from the store; "": none
	Distros []Distro
}

// Distro is an installed distribution.
type Distro struct {
	Name    string
	Version int // of WSL: 1 or 2
}

// DockerFacts are those of the engine.
type DockerFacts struct {
	CLI      string // path of the docker command
	Host     string // DOCKER_HOST
	Context  string // the docker context in force; "" and "default": none
	Endpoint string // the pipe or socket that was tried
	Engine   string // whose it is: "docker", "rootless", "desktop", "colima", "rancher", "podman", "orbstack"
	State    string // "ok", "absent", "refused", "denied", "not asked", "no context"
	Group    string // whose members may use it
}

// PortsFacts are those of the ports asked about.
type PortsFacts struct {
	Ports    []int
	Reserved []Range
	Owners   []PortOwner
}

// Range is a range of ports that the system keeps; an administered one can be bound.
type Range struct {
	First, Last  int
	Administered bool
}

// PortOwner is a process that has a port.
type PortOwner struct {
	Port, PID int // PID 0: this account may not see it
	Name      string
	Addr      string
}

// NetFacts are those of the network stack.
type NetFacts struct {
	IPv4, IPv6, Loopback6 bool
	Stack                 string   // the stack in a line
	Localhost             []string // what localhost resolves to
}

// FirewallFacts are the firewall's verdicts on a program and each port.
type FirewallFacts struct {
	None     bool   // there are no rules
	Program  string // "": none was asked about
	Verdicts []PortVerdict
}

// PortVerdict is listen/firewall's Verdict on one port.
type PortVerdict struct {
	Port                    int
	Domain, Private, Public string // "allowed", "blocked", "no rule"
	Notes, Hints            []string
	Temporary               bool // the program lies where go run puts its builds
}

// DebugFacts are those of debugging.
type DebugFacts struct {
	Binary  string // "": none was asked about
	Verdict string // "debuggable", "main only", "optimized", "stripped", "unknown"
	Reason  string
	Fix     string
	Launch  string // .vscode/launch.json's text, "" where there is none
}

// ConsoleFacts are those of the terminal.
type ConsoleFacts struct {
	Output, ANSI, OEM uint32 // code pages; Output 0: no console
	Encoding          string // of the locale, on other systems
}

// ClockFacts tell whether the clock is synchronised.
type ClockFacts struct {
	Synchronised bool
	Service      string // on Windows: "running, manual", as the evidence
}

// LongFacts are those of long paths.
type LongFacts struct {
	Enabled bool // LongPathsEnabled
	GitPath string
	Git     string // git's core.longpaths; "" where it is not set
}
