package doctor

import "fmt"

// Facts is what the gatherers saw. A nil section was not gathered; one with an
// Err could not be, and its checks are Unknown. The JSON form is that of the
// fixtures in testdata.
type Facts struct {
	OS, Arch string
	Lang     string           // "zh" or "en"; "" is English
	MS       map[string]int64 `json:",omitempty"` // per gatherer
	Go       *GoFacts         `json:",omitempty"`
	Proxy    *ProxyFacts      `json:",omitempty"`
	Dirs     *DirsFacts       `json:",omitempty"`
	Sum      *SumFacts        `json:",omitempty"`
	CC       *CCFacts         `json:",omitempty"`
	Windows  *WindowsFacts    `json:",omitempty"`
	PS       *PSFacts         `json:",omitempty"`
	WSL      *WSLFacts        `json:",omitempty"`
	Docker   *DockerFacts     `json:",omitempty"`
	Ports    *PortsFacts      `json:",omitempty"`
	Net      *NetFacts        `json:",omitempty"`
	Firewall *FirewallFacts   `json:",omitempty"`
	Debug    *DebugFacts      `json:",omitempty"`
	Console  *ConsoleFacts    `json:",omitempty"`
	Clock    *ClockFacts      `json:",omitempty"`
	Long     *LongFacts       `json:",omitempty"`
}

// GoFacts are those of the tool chain. Values of variables hold no passwords.
type GoFacts struct {
	Err      string            `json:",omitempty"`
	Found    []GoTool          // each go on PATH, in order
	Env      map[string]string // go env: what is in force
	System   map[string]string // Go's variables in this process's environment
	File     map[string]string // what go env -w has written
	FileName string
	Kept     map[string]string // where the system keeps a variable of System for later sessions: "user", "machine", or a file
	Module   string            // the directory of the project's go.mod
	TempDir  string
}

// GoTool is a go command.
type GoTool struct{ Path, Real, Version string }

// ProxyFacts tell whether the proxy answers; gathered with --online only.
type ProxyFacts struct {
	Asked bool
	Err   string `json:",omitempty"`
}

// DirsFacts tell what can't be done in each directory; "" is nothing.
type DirsFacts struct {
	Err                        string `json:",omitempty"`
	ModCache, Cache, Tmp, Exec string
}

// SumFacts are what go mod verify said.
type SumFacts struct {
	Err    string `json:",omitempty"`
	Module string
	OK     bool
	Output string
}

// CCFacts are those of the C compiler.
type CCFacts struct {
	Err     string `json:",omitempty"`
	CC      string // its first word
	Path    string // "": not on PATH
	Machine string // what -dumpmachine says
}

// WindowsFacts are those that the kernel and the registry tell.
type WindowsFacts struct {
	Err                string `json:",omitempty"`
	Major, Build       uint32
	VirtFirmware, SLAT bool
}

// PSFacts are those of the one batch of PowerShell.
type PSFacts struct {
	Err              string `json:",omitempty"`
	Hypervisor       *bool
	Features         map[string]int // Win32_OptionalFeature's InstallState: 1 enabled, 2 disabled, 3 absent
	OutputCodePage   int            // [Console]::OutputEncoding
	TimeService      string         // "Running", "Stopped"
	TimeServiceStart string         // "Auto", "Manual", "Disabled"
}

// WSLFacts are those of the Windows subsystem for Linux.
type WSLFacts struct {
	Err     string `json:",omitempty"`
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
	Err      string `json:",omitempty"`
	CLI      string // path of the docker command
	Host     string // DOCKER_HOST
	Endpoint string // the pipe or socket that was tried
	State    string // "ok", "absent", "refused", "denied"
	Group    string // whose members may use it
}

// PortsFacts are those of the ports asked about.
type PortsFacts struct {
	Err      string `json:",omitempty"`
	Ports    []int
	Reserved []Range
	Owners   []PortOwner
}

// Range is a range of ports that the system keeps; Bindable ones are kept by the administrator for whom he likes.
type Range struct {
	First, Last int
	Bindable    bool
}

// PortOwner is a process that listens.
type PortOwner struct {
	Port, PID int
	Name      string
	Addr      string
}

// NetFacts are those of the network stack.
type NetFacts struct {
	Err                   string `json:",omitempty"`
	IPv4, IPv6, Loopback6 bool
	Stack                 string   // the stack in a line
	Localhost             []string // what localhost resolves to
}

// FirewallFacts are the firewall's verdict on the program and port.
type FirewallFacts struct {
	Err     string `json:",omitempty"`
	None    bool   // this system has no firewall that this package can read
	Program string
	Port    int
	Verdict map[string]string // profile: "allowed", "blocked", "no rule"
	Blocks  []string          // names of the rules that block
	GoRun   bool              // the program lies where go run puts its builds
}

// DebugFacts are those of debugging.
type DebugFacts struct {
	Err     string `json:",omitempty"`
	Binary  string // "": none was asked about
	Verdict string // "debuggable", "main only", "optimized", "stripped"
	Detail  string
	Launch  string // .vscode/launch.json's text, "" where there is none
}

// ConsoleFacts are those of the terminal.
type ConsoleFacts struct {
	Err      string `json:",omitempty"`
	Output   uint32 // code page; 0: none
	ANSI     uint32
	OEM      uint32
	Encoding string // of the locale, on other systems
}

// ClockFacts tell whether something keeps the clock, where PowerShell need not say it.
type ClockFacts struct {
	Err          string `json:",omitempty"`
	Synchronised *bool
}

// LongFacts are those of long paths.
type LongFacts struct {
	Err     string `json:",omitempty"`
	Enabled *bool  // LongPathsEnabled
	Git     string // git's core.longpaths; "" where it is not set
	GitPath string
}

// text returns a message in the facts' language.
func (f *Facts) text(en, zh string, args ...any) string {
	if f.Lang == "zh" {
		en = zh
	}
	return fmt.Sprintf(en, args...)
}

func (f *Facts) ok(en, zh string, args ...any) Result {
	return Result{Status: OK, Summary: f.text(en, zh, args...)}
}

func (f *Facts) skip(en, zh string, args ...any) Result {
	return Result{Status: Skip, Summary: f.text(en, zh, args...)}
}

// unknown is the result of a check whose facts could not be gathered.
func (f *Facts) unknown(why string) Result {
	return Result{Status: Unknown, Summary: f.text("could not be checked: %s", "无法检查：%s", why)}
}

// missing says why a section can't be judged: it was not gathered, or not wholly.
func missing[T any](section *T, err func(*T) string) (why string, bad bool) {
	if section == nil {
		return "not gathered", true
	}
	why = err(section)
	return why, why != ""
}
