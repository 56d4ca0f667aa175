package house

import (
	"context"
	"crypto/tls"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"golang.org/x/text/encoding"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/listen/firewall"
	"github.com/surefoot-go/surefoot/pathx"
	"github.com/surefoot-go/surefoot/procx"
	"github.com/surefoot-go/surefoot/procx/child"
	"github.com/surefoot-go/surefoot/procx/inspect"
	"github.com/surefoot-go/surefoot/svcx"
)

// The names and shapes that users compile against. A change here is a breaking
// change for them.

// listen
var (
	_ func(string) (*listen.Listener, error)                                 = listen.Dual
	_ func(listen.Config, context.Context, string) (*listen.Listener, error) = listen.Config.Listen
	_                                                                        = listen.Config{Require: listen.IPv4 | listen.IPv6, Shared: true, KeepAlive: net.KeepAliveConfig{}, Control: func(network, address string, c syscall.RawConn) error { return nil }}
	_ net.Listener                                                           = (*listen.Listener)(nil)
	_ func(*listen.Listener) []net.Addr                                      = (*listen.Listener).Addrs
	_ func(*listen.Listener) []net.Listener                                  = (*listen.Listener).Listeners
	_ func(*listen.Listener, time.Time) error                                = (*listen.Listener).SetDeadline
	_ func(*listen.Listener) []listen.Skip                                   = (*listen.Listener).Skipped
	_                                                                        = listen.Skip{Network: "", Addr: "", Err: error(nil)}
	_ func() listen.Stack                                                    = listen.Probe
	_                                                                        = listen.Stack{IPv4: true, IPv6: true, Loopback6: true, V4Mapped: true, BindV6Only: true, Notes: []string{}}
	_ func(listen.Stack) string                                              = listen.Stack.String
	_ func(int) ([]listen.Owner, error)                                      = listen.Owners
	_                                                                        = listen.Owner{PID: 0, Name: "", Addr: netip.AddrPort{}}
	_ func(context.Context) ([]listen.PortRange, error)                      = listen.Reserved
	_                                                                        = listen.PortRange{First: 1, Last: 2, Administered: true}
	_ error                                                                  = &listen.Error{Network: "", Addr: "", Kind: nil, Owners: []listen.Owner{}, Range: &listen.PortRange{}, Hints: []string{}, Err: nil}
	_                                                                        = []error{listen.ErrInUse, listen.ErrReserved, listen.ErrDenied, listen.ErrNoFamily}
	_ listen.Families                                                        = listen.Families(uint8(0))
)

// listen/firewall
var (
	_                                                                 = firewall.Query{Program: "", Port: 0, Protocol: firewall.TCP, Loopback: true}
	_ [6]struct{}                                                     = [firewall.TCP]struct{}{}
	_ [17]struct{}                                                    = [firewall.UDP]struct{}{}
	_ func(context.Context, firewall.Query) (firewall.Verdict, error) = firewall.Check
	_ func([]firewall.Rule, firewall.Query) firewall.Verdict          = firewall.Evaluate
	_ func(name, text string) (firewall.Rule, error)                  = firewall.ParseRule
	_ func(context.Context, firewall.Rule) error                      = firewall.Allow
	_ func(context.Context, string) error                             = firewall.Remove
	_                                                                 = []firewall.Decision{firewall.Verdict{}.Domain, firewall.Verdict{}.Private, firewall.Verdict{}.Public, firewall.NoRule, firewall.Allowed, firewall.Blocked}
)

// consolex
var (
	_ func() (func() error, error)                             = consolex.UTF8
	_ func(func() error) error                                 = consolex.With
	_ func() *consolex.Writer                                  = consolex.Stdout
	_ func() *consolex.Writer                                  = consolex.Stderr
	_ func() io.Reader                                         = consolex.Stdin
	_ func(*os.File, *consolex.WriterOptions) *consolex.Writer = consolex.NewWriter
	_                                                          = consolex.WriterOptions{CodePage: consolex.CodePage(0), Fallback: io.Discard}
	_ io.Writer                                                = (*consolex.Writer)(nil)
	_ func(*consolex.Writer) error                             = (*consolex.Writer).Flush
	_ func(*os.File) consolex.Kind                             = consolex.KindOf
	_                                                          = []consolex.Kind{consolex.Console, consolex.Pty, consolex.MSYS, consolex.Pipe, consolex.File, consolex.Null, consolex.None}
	_                                                          = map[consolex.CodePage]uint32{consolex.Auto: 0, consolex.UTF8CP: 65001, consolex.GBK: 936, consolex.GB18030: 54936, consolex.ShiftJIS: 932, consolex.EUCKR: 949, consolex.Big5: 950, consolex.UTF16LE: 1200}
	_ func(consolex.CodePage) (encoding.Encoding, error)       = consolex.CodePage.Encoding
	_                                                          = []func() consolex.CodePage{consolex.ANSI, consolex.OEM, consolex.Output, consolex.Child}
	_ func(io.Reader, consolex.CodePage) io.Reader             = consolex.NewDecoder
	_ func(io.Writer, consolex.CodePage) io.WriteCloser        = consolex.NewDecodeWriter
	_ func(io.Writer, consolex.CodePage) io.WriteCloser        = consolex.NewEncoder
	_ func(*exec.Cmd) (string, error)                          = consolex.CombinedOutput
	_ func() error                                             = consolex.AttachParent
)

// pathx
var (
	_                                                           = pathx.Finder{App: "", Names: []string{}, Flag: "", EnvVar: "", WorkDir: true, Trust: pathx.TrustDefault}
	_ func(pathx.Finder) (*pathx.File, error)                   = pathx.Finder.Open
	_ func(pathx.Finder) []pathx.Attempt                        = pathx.Finder.Explain
	_                                                           = pathx.Attempt{Source: pathx.FromFlag, Path: "", Err: error(nil), Hint: ""}
	_                                                           = []pathx.Source{pathx.FromFlag, pathx.FromEnv, pathx.FromExecutable, pathx.FromUser, pathx.FromSystem, pathx.FromWorkDir}
	_                                                           = []pathx.Trust{pathx.TrustDefault, pathx.TrustAlways, pathx.TrustNone}
	_                                                           = pathx.File{File: (*os.File)(nil), Path: "", Source: 0, Tried: []pathx.Attempt{}}
	_ error                                                     = &pathx.NotFoundError{App: "", Tried: []pathx.Attempt{}}
	_ func(string) (pathx.Dirs, error)                          = pathx.DirsOf
	_                                                           = pathx.Dirs{Config: "", Data: "", State: "", Cache: "", Log: ""}
	_ func(string) (string, error)                              = pathx.Expand
	_ func(string, func(string) (string, bool)) (string, error) = pathx.ExpandFunc
	_ func(string, []byte, fs.FileMode) error                   = pathx.WriteFile
	_ func(string) error                                        = pathx.Writable
	_ func(string, bool) error                                  = pathx.EnsureDir
	_ func(string) error                                        = pathx.CheckName
	_ func(string, ...string) (string, error)                   = pathx.Join
	_ func(io.Reader) io.Reader                                 = pathx.NewTextReader
)

// svcx
var (
	_ func(context.Context, string, func(context.Context) error) error = svcx.Run
	_                                                                  = svcx.Service{Name: "", DisplayName: "", Description: "", Main: func(context.Context) error { return nil }, Executable: "", Dir: "", Args: []string{}, Env: map[string]string{}, Account: "", Password: "", DependsOn: []string{}, Start: svcx.Automatic, Restart: []time.Duration{}, RestartReset: 0, StopTimeout: time.Second, User: true}
	_                                                                  = []func(*svcx.Service, context.Context) error{(*svcx.Service).Run, (*svcx.Service).Install, (*svcx.Service).Uninstall, (*svcx.Service).StartNow, (*svcx.Service).Stop, (*svcx.Service).RestartNow}
	_ func(*svcx.Service, context.Context) (svcx.Status, error)        = (*svcx.Service).Status
	_                                                                  = svcx.Status{State: svcx.Stopped, PID: 0, ExitCode: 0, Start: svcx.DelayedAutomatic}
	_                                                                  = []svcx.State{svcx.Stopped, svcx.StartPending, svcx.Running, svcx.StopPending, svcx.Paused}
	_                                                                  = []svcx.StartType{svcx.Automatic, svcx.DelayedAutomatic, svcx.Manual, svcx.Disabled}
	_ func(*svcx.Service)                                              = svcx.Main
	_ func(*svcx.Service, svcx.Manager) ([]byte, error)                = (*svcx.Service).Render
	_                                                                  = []func(context.Context){svcx.Ready, svcx.Alive}
	_ func(context.Context, string)                                    = svcx.Progress
	_ func() svcx.Manager                                              = svcx.Under
	_                                                                  = []svcx.Manager{svcx.Console, svcx.SCM, svcx.Systemd, svcx.Launchd}
	_                                                                  = []error{svcx.ErrStopped, svcx.ErrShutdown, svcx.ErrInterrupted, svcx.ErrNotInstalled, svcx.ErrAccessDenied, svcx.ErrMarkedForDelete}
)

// eventx
var (
	_ func(string, *eventx.HandlerOptions) (*eventx.Handler, error)          = eventx.NewHandler
	_ slog.Handler                                                           = (*eventx.Handler)(nil)
	_                                                                        = eventx.HandlerOptions{Level: slog.LevelInfo, AddSource: true, ReplaceAttr: func([]string, slog.Attr) slog.Attr { return slog.Attr{} }, Queue: 1, Rate: eventx.Rate{}, Fallback: io.Discard}
	_                                                                        = []func(*eventx.Handler, context.Context) error{(*eventx.Handler).Flush, (*eventx.Handler).Close}
	_ func(*eventx.Handler) eventx.Stats                                     = (*eventx.Handler).Stats
	_                                                                        = [...]uint64{eventx.Stats{}.Sent, eventx.Stats{}.Written, eventx.Stats{}.Dropped, eventx.Stats{}.Suppressed, eventx.Stats{}.Truncated, eventx.Stats{}.Errors}
	_ func(uint16) slog.Attr                                                 = eventx.ID
	_ func(uint16) slog.Attr                                                 = eventx.Category
	_                                                                        = eventx.Source{Name: "", Log: "", Events: []eventx.Event{{ID: 1, Text: ""}}, Categories: []string{}}
	_ func(eventx.Source) (bool, error)                                      = eventx.Install
	_ func(string) error                                                     = eventx.Uninstall
	_ func(string) (eventx.State, error)                                     = eventx.Status
	_ func(*slog.Logger, string) *eventx.Health                              = eventx.NewHealth
	_                                                                        = []eventx.HealthState{eventx.Starting, eventx.Healthy, eventx.Degraded, eventx.Unhealthy, eventx.Stopping, eventx.Stopped, eventx.Crashed}
	_ func(*eventx.Health, context.Context, eventx.HealthState, string) bool = (*eventx.Health).Set
	_ func(*eventx.Health) http.Handler                                      = (*eventx.Health).Handler
	_                                                                        = eventx.Filter{Sources: []string{}, IDs: []uint16{}, MinLevel: slog.LevelInfo, Since: time.Time{}, Follow: true}
	_ func(context.Context, eventx.Filter) iter.Seq2[eventx.Record, error]   = eventx.Query
	_ func(string, eventx.Filter) ([]byte, error)                            = eventx.CustomView
	_                                                                        = []error{eventx.ErrAccessDenied, eventx.ErrSourceElsewhere}
)

// procx
var (
	_ func(procx.TB, *procx.Options)                          = procx.Check
	_ func(interface{ Run() int }, *procx.Options) int        = procx.CheckMain
	_ func(*procx.Options) ([]procx.Leak, error)              = procx.Find
	_                                                         = procx.Leak{Function: "", CreatedBy: "", File: "", Line: 0, Count: 0, State: "", Waited: time.Second, Certain: true, Stack: ""}
	_                                                         = procx.Options{Settle: time.Second, Ignore: []string{}, Known: map[string]int{}, CloseIdle: []*http.Transport{}}
	_ func(context.Context, procx.WatchConfig) *procx.Watcher = procx.Watch
	_                                                         = procx.WatchConfig{Every: 0, Rounds: 0, Threshold: 0, Rate: 0.1, CPU: 0.1, LeakGC: true, Logger: (*slog.Logger)(nil), OnFinding: func(procx.Finding) {}}
	_ func(context.Context, string) *procx.Group              = procx.NewGroup
	_ func(*procx.Group, string, func(context.Context) error) = (*procx.Group).Go
	_ func(*procx.Group, context.Context) error               = (*procx.Group).Stop
	_ func(*procx.Group) error                                = (*procx.Group).Wait
	_ func(*procx.Group) []procx.Task                         = (*procx.Group).Running
	_ error                                                   = &procx.StuckError{Tasks: []procx.Task{}}
)

// procx/child and procx/inspect
var (
	_ func(context.Context, *exec.Cmd, *child.Options) (*child.Proc, error) = child.Start
	_                                                                       = []func(*child.Proc) error{(*child.Proc).Wait, (*child.Proc).KillTree}
	_ func(*child.Proc, context.Context) error                              = (*child.Proc).Stop
	_ func(*child.Proc) child.Containment                                   = (*child.Proc).Containment
	_ func(*exec.Cmd, *child.DetachOptions) (*os.Process, error)            = child.StartDetached
	_                                                                       = child.DetachOptions{Output: ""}
	_ func(context.Context, inspect.Options) (*inspect.Server, error)       = inspect.Serve
	_                                                                       = inspect.Options{Addr: "", Token: "", TLS: (*tls.Config)(nil)}
	_ func(*inspect.Server) string                                          = (*inspect.Server).URL
	_ func(*inspect.Server) error                                           = (*inspect.Server).Close
	_ func() inspect.Report                                                 = inspect.Build
	_ func(string) (inspect.Report, error)                                  = inspect.BuildOf
	_ func() (bool, error)                                                  = inspect.DebuggerAttached
	_                                                                       = inspect.Report{Verdict: inspect.Debuggable, GCFlags: "", DWARF: true, Trimpath: true, Race: true}
	_                                                                       = []inspect.Verdict{inspect.Debuggable, inspect.MainOnly, inspect.Optimized, inspect.Stripped}
)

// TestDenied: what is refused for a lack of rights is one thing in all packages.
func TestDenied(t *testing.T) {
	for _, err := range []error{listen.ErrDenied, firewall.ErrElevation, svcx.ErrAccessDenied, eventx.ErrAccessDenied} {
		assert.ErrorIs(t, err, fs.ErrPermission)
	}
}
