package svcx

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nasty returns a service whose texts all need escaping.
func nasty() *Service {
	return &Service{
		Name: "orders", DisplayName: "Orders & more", Description: `Takes 100% of "orders" <now> \`,
		Executable: "/opt/My App/100% & $HOME/orders", Dir: "/srv/or ders/50%",
		Args:    []string{"plain", "", "two words", `say "hi"`, `back\slash`, `C:\dir\`, "100%", "$HOME ${X}", ";", "tab\there", "it's", "-n=%i"},
		Env:     map[string]string{"GREETING": `hello "world" 100% $HOME \`, "A": "1"},
		Account: "orders", Password: "geheim",
		DependsOn:     []string{"postgresql"},
		RestartDelays: []time.Duration{1500 * time.Millisecond, time.Minute},
		StopTimeout:   40 * time.Second, Watchdog: 30 * time.Second,
		Accept: AcceptReload, Windows: &WindowsOptions{SID: SIDUnrestricted, Privileges: []string{"SeChangeNotifyPrivilege"}},
	}
}

func TestRenderSystemd(t *testing.T) {
	unit, err := nasty().Render(Systemd)
	require.NoError(t, err)
	assert.Equal(t, `[Unit]
Description=Takes 100%% of "orders" <now> 
After=network.target postgresql.service
Requires=postgresql.service
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart="/opt/My App/100%% & $HOME/orders" plain "" "two words" "say \"hi\"" "back\\slash" "C:\\dir\\" 100%% "$$HOME $${X}" ";" "tab	here" "it's" -n=%%i
ExecReload=/bin/sh -c "kill -HUP ${MAINPID}"
WorkingDirectory=/srv/or ders/50%%
Environment=A=1
Environment="GREETING=hello \"world\" 100%% $HOME \\"
User=orders
Restart=on-failure
RestartSec=1.5
TimeoutStopSec=45
WatchdogSec=30
NoNewPrivileges=yes
ProtectSystem=full
PrivateTmp=yes
ConfigurationDirectory=orders
StateDirectory=orders
CacheDirectory=orders
LogsDirectory=orders
RuntimeDirectory=orders

[Install]
WantedBy=multi-user.target
`, string(unit))
}

func TestRenderSystemdKinds(t *testing.T) {
	s := &Service{Name: "x", Executable: "/bin/x", User: true, StartType: Manual, RestartDelays: []time.Duration{}, Account: "ignored"}
	unit, err := s.Render(Systemd)
	require.NoError(t, err)
	for _, not := range []string{"[Install]", "Restart=", "User=", "ProtectSystem", "Watchdog", "Requires", "ExecReload"} {
		assert.NotContains(t, string(unit), not)
	}
	assert.Contains(t, string(unit), "WorkingDirectory=/bin\n")
	assert.Contains(t, string(unit), "Description=x\n")
	s.StartType = Disabled
	unit, err = s.Render(Systemd)
	require.NoError(t, err)
	assert.Contains(t, string(unit), "RefuseManualStart=yes\n")
	s.StartType = Automatic
	unit, err = s.Render(Systemd)
	require.NoError(t, err)
	assert.Contains(t, string(unit), "WantedBy=default.target\n")
}

// TestUnitIsVerified checks that systemd-analyze accepts the unit without warnings.
func TestUnitIsVerified(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("needs systemd-analyze (Debian: systemd)")
	}
	for name, s := range map[string]*Service{"nasty": nasty(), "plain": {Name: "plain"}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s.Executable = filepath.Join(dir, "My 100% $HOME App")
			s.Dir = filepath.Join(dir, "or ders 50%")
			s.DependsOn, s.Account = nil, ""
			require.NoError(t, os.Mkdir(s.Dir, 0o755))
			require.NoError(t, os.WriteFile(s.Executable, []byte("#!/bin/sh\n"), 0o755))
			unit, err := s.Render(Systemd)
			require.NoError(t, err)
			file := filepath.Join(dir, s.Name+".service")
			require.NoError(t, os.WriteFile(file, unit, 0o644))
			cmd := exec.CommandContext(t.Context(), analyze, "verify", "--man=no", file)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s\n%s", out, unit)
			assert.Empty(t, string(out))
		})
	}
}

func TestRenderLaunchd(t *testing.T) {
	s := nasty()
	_, err := s.Render(Launchd)
	require.ErrorContains(t, err, "launchd does not support dependencies")
	s.DependsOn = nil
	plist, err := s.Render(Launchd)
	require.NoError(t, err)
	want, err := os.ReadFile("testdata/orders.plist")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(plist))

	s.StartType, s.User = Manual, true
	t.Setenv("HOME", "/Users/ann")
	plist, err = s.Render(Launchd)
	require.NoError(t, err)
	assert.NotContains(t, string(plist), "KeepAlive")
	assert.NotContains(t, string(plist), "UserName")
	assert.Contains(t, string(plist), "<key>RunAtLoad</key>\n\t<false/>")
	assert.Contains(t, string(plist), "/Users/ann/Library/Logs/orders/output.log")

	s.Args = []string{"bell\a"}
	_, err = s.Render(Launchd)
	assert.ErrorContains(t, err, "XML can't hold")
}

// TestPlistIsRead parses the rendered property list with other tools.
func TestPlistIsRead(t *testing.T) {
	plistutil, err := exec.LookPath("plistutil")
	if err != nil {
		t.Skip("needs plistutil (Debian: libplist-utils)")
	}
	s := nasty()
	s.DependsOn = nil
	plist, err := s.Render(Launchd)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "x.plist")
	require.NoError(t, os.WriteFile(file, plist, 0o644))
	// Convert to the binary form and back, to check that it is fully understood.
	for _, args := range [][]string{{"-i", file, "-f", "bin", "-o", file + ".bin"}, {"-i", file + ".bin", "-f", "xml", "-o", file}} {
		out, err := exec.CommandContext(t.Context(), plistutil, args...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	got := readPlist(t, again)
	assert.Equal(t, "orders", got["Label"])
	words := []any{s.Executable}
	for _, arg := range s.Args {
		words = append(words, arg)
	}
	assert.Equal(t, words, got["ProgramArguments"])
	assert.Equal(t, map[string]any{"A": "1", "GREETING": s.Env["GREETING"]}, got["EnvironmentVariables"])
	assert.Equal(t, "45", got["ExitTimeOut"])
	assert.Equal(t, map[string]any{"SuccessfulExit": "false"}, got["KeepAlive"])
}

// readPlist parses the XML form. Numbers and booleans are returned as text.
func readPlist(t *testing.T, data []byte) map[string]any {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	var value func(start xml.StartElement) any
	next := func() (start xml.StartElement, ok bool) {
		for {
			token, err := d.Token()
			require.NoError(t, err)
			switch token := token.(type) {
			case xml.StartElement:
				return token, true
			case xml.EndElement:
				return start, false
			}
		}
	}
	value = func(start xml.StartElement) any {
		var text string
		switch start.Name.Local {
		case "dict":
			dict := map[string]any{}
			for key, ok := next(); ok; key, ok = next() {
				require.NoError(t, d.DecodeElement(&text, &key))
				of, _ := next()
				dict[text] = value(of)
			}
			return dict
		case "array":
			var list []any
			for item, ok := next(); ok; item, ok = next() {
				list = append(list, value(item))
			}
			return list
		case "true", "false":
			require.NoError(t, d.Skip())
			return start.Name.Local
		}
		require.NoError(t, d.DecodeElement(&text, &start))
		return text
	}
	root, _ := next()
	require.Equal(t, "plist", root.Name.Local)
	first, _ := next()
	dict, ok := value(first).(map[string]any)
	require.True(t, ok)
	return dict
}

func TestRenderSCM(t *testing.T) {
	s := nasty()
	s.Executable = `C:\Program Files\Orders\orders.exe`
	s.Args = []string{"-listen", ":80", "two words", `say "hi"`, `C:\dir\`, `C:\my dir\`, "", "100%"}
	s.StartType = DelayedAutomatic
	s.DependsOn = []string{"Tcpip", "+NetworkProvider"}
	text, err := s.Render(SCM)
	require.NoError(t, err)
	assert.NotContains(t, string(text), "geheim")
	var got map[string]any
	require.NoError(t, json.Unmarshal(text, &got), "%s", text)
	assert.Equal(t, map[string]any{
		"name": "orders", "displayName": "Orders & more", "description": `Takes 100% of "orders" <now> \`,
		"binaryPath": `"C:\Program Files\Orders\orders.exe" -listen :80 "two words" "say \"hi\"" C:\dir\ "C:\my dir\\" "" 100%`,
		"start":      "delayed-automatic", "account": `.\orders`, "grantLogonRight": true,
		"dependencies":                     []any{"Tcpip", "+NetworkProvider"},
		"failureActions":                   []any{map[string]any{"type": "restart", "delay": 1500.0}, map[string]any{"type": "restart", "delay": 60000.0}},
		"failureReset":                     86400.0,
		"failureActionsOnNonCrashFailures": true,
		"preshutdownTimeout":               45000.0,
		"sidType":                          "unrestricted",
		"requiredPrivileges":               []any{"SeChangeNotifyPrivilege"},
		"environment":                      []any{"A=1", `GREETING=hello "world" 100% $HOME \`},
		"calls": []any{"OpenSCManagerW", "CreateServiceW", "LsaAddAccountRights(SeServiceLogonRight)",
			"ChangeServiceConfig2W(SERVICE_CONFIG_DESCRIPTION)", "ChangeServiceConfig2W(SERVICE_CONFIG_DELAYED_AUTO_START_INFO)",
			"ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS)", "ChangeServiceConfig2W(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)",
			"ChangeServiceConfig2W(SERVICE_CONFIG_PRESHUTDOWN_INFO)", "ChangeServiceConfig2W(SERVICE_CONFIG_SERVICE_SID_INFO)",
			"ChangeServiceConfig2W(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)", "RegSetValueExW(Environment)"},
	}, got)
}

// A refusal is a service that only these managers refuse, or all of them, and the error.
type refusal struct {
	name    string
	service Service
	only    []Manager
	err     string
}

// refused checks refusals. They need a name and an executable only if those are what is refused.
func refused(t *testing.T, cases []refusal) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.only == nil {
				c.only = []Manager{SCM, Systemd, Launchd, OpenRC}
			}
			if c.service.Name == "" {
				c.service.Name = "x"
			}
			if c.service.Executable == "" {
				c.service.Executable = "/bin/x"
			}
			for _, m := range c.only {
				_, err := c.service.Render(m)
				assert.ErrorContains(t, err, c.err, "%v", m)
			}
		})
	}
}

func TestRenderErrors(t *testing.T) {
	refused(t, []refusal{
		{"newline in an argument", Service{Args: []string{"a\nb"}}, nil, "a line break or NUL"},
		{"NUL in an argument", Service{Args: []string{"a\x00b"}}, nil, "a line break or NUL"},
		{"newline in a variable", Service{Env: map[string]string{"A": "x\ny"}}, nil, "a line break or NUL"},
		{"newline in the description", Service{Description: "a\n[Service]\nUser=root"}, nil, "a line break or NUL"},
		{"%name% in an argument", Service{Args: []string{"-d=%TEMP%"}}, []Manager{SCM}, "Windows would replace %TEMP%"},
		{"%name% in the executable", Service{Executable: "/%windir%/x"}, []Manager{SCM}, "Windows would replace %windir%"},
		{"not UTF-8", Service{Args: []string{"\xff"}}, nil, "not valid UTF-8"},
		{"no variable name", Service{Env: map[string]string{"": "x"}}, nil, "variable name"},
		{"a variable name with =", Service{Env: map[string]string{"A=B": "x"}}, nil, "variable name"},
		{"a variable of Windows only", Service{Env: map[string]string{"ProgramFiles(x86)": "x"}}, []Manager{Systemd}, "variable name"},
		{"a quote in the executable", Service{Executable: `/a"b`}, []Manager{SCM}, "a quote"},
		{"a relative executable", Service{Executable: "bin/x"}, []Manager{Systemd, Launchd}, "absolute path"},
		{"a directory that ends in a space", Service{Dir: "/a "}, []Manager{Systemd}, "ends in a space"},
		{"a name with a slash", Service{Name: "a/b"}, nil, "slashes"},
		{"a name with a space", Service{Name: "a b"}, []Manager{Systemd}, "systemd takes"},
		{"a group as a dependency", Service{DependsOn: []string{"+group"}}, []Manager{Systemd}, "no name of a unit"},
		{"a variable behind a percent sign", Service{Args: []string{"%%PATH%"}}, []Manager{SCM}, "%PATH%"},
		{"an empty dependency", Service{DependsOn: []string{""}}, nil, "empty name"},
		{"an empty privilege", Service{Windows: &WindowsOptions{Privileges: []string{""}}}, nil, "empty name"},
		{"a password of two lines", Service{Account: "ann", Password: "a\nb"}, nil, "the password"},
		{"a log directory of two lines", Service{LogDir: "a\nb"}, nil, "log directory"},
		{"a stop that takes for ever", Service{StopTimeout: math.MaxInt64}, nil, "StopTimeout"},
		{"a restart before the failure", Service{RestartDelays: []time.Duration{-1}}, nil, "RestartDelays"},
		{"an unknown start type", Service{StartType: 9}, nil, "unknown start type"},
		{"an account that would join the next line", Service{Account: `svc\`}, []Manager{Systemd, Launchd, OpenRC}, "account"},
		{"an account that is a specifier", Service{Account: "%h"}, []Manager{Systemd, Launchd, OpenRC}, "account"},
		{"Windows' account", Service{Account: "LocalService"}, []Manager{Systemd, Launchd, OpenRC}, "one of Windows"},
		{"Windows' account with a blank", Service{Account: "NT AUTHORITY\\Network Service"}, []Manager{Systemd, Launchd, OpenRC}, "account"},
		{"a virtual account", Service{Account: `NT SERVICE\x`}, []Manager{Systemd, Launchd, OpenRC}, "account"},
		{"a managed account", Service{Account: `D\x$`}, []Manager{Systemd, Launchd, OpenRC}, "account"},
		{"a directory's name", Service{Name: ".."}, nil, "directory's"},
		{"a name with a colon", Service{Name: "a:b"}, []Manager{SCM, Systemd, Launchd, OpenRC}, "service name"},
		{"a name that ends in a blank", Service{Name: "a "}, nil, "with a space"},
		{"a variable with a control character", Service{Env: map[string]string{"A": "\x1b"}}, []Manager{Systemd}, "control character"},
		{"a path with ..", Service{Executable: "/opt/../bin/x"}, []Manager{Systemd}, "'..'"},
		{"a unit line that would join the next one", Service{Unit: []string{`MemoryMax=1G \`}}, []Manager{Systemd}, "backslash"},
		{"a name of OpenRC's libraries", Service{Name: "functions.sh"}, []Manager{OpenRC}, ".sh"},
		{"a user's service of OpenRC", Service{User: true}, []Manager{OpenRC}, "not support user services"},
		{"an unknown SID type", Service{Windows: &WindowsOptions{SID: 9}}, []Manager{SCM}, "unknown SID type"},
	})
	_, err := (&Service{Name: "x"}).Render(Console)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
	one := Service{Name: "x", Executable: "/bin/x", Args: []string{"100%", "%", "%%", "50% and 60"}}
	_, err = one.Render(SCM)
	assert.NoError(t, err, "percent signs that are no variable")
	one.Args = []string{"-d=%TEMP%"}
	for _, m := range []Manager{Systemd, Launchd, OpenRC} {
		_, err = one.Render(m)
		assert.NoError(t, err, "only the SCM expands it")
	}
}

func TestRenderOpenRC(t *testing.T) {
	s := nasty()
	script, err := s.Render(OpenRC)
	require.NoError(t, err)
	for _, line := range []string{"#!/sbin/openrc-run", "name='Orders & more'", "export GREETING='hello \"world\" 100% $HOME \\'",
		"command_user=orders", "supervisor=supervise-daemon", "respawn_delay=2", "respawn_max=0", "retry=TERM/45/KILL/5",
		"notify=socket:ready", "\tneed postgresql", "\tcheckpath --directory --mode 0750 --owner orders /var/log/orders", "extra_started_commands=reload"} {
		assert.Contains(t, string(script), line+"\n")
	}
	assert.NotContains(t, string(script), "geheim")
	if sh, err := exec.LookPath("sh"); err == nil {
		out, err := exec.CommandContext(t.Context(), sh, "-n", "-c", string(script)).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// TestRenderUnitLines checks that additional lines are in the [Service] section.
func TestRenderUnitLines(t *testing.T) {
	s := &Service{Name: "x", Executable: "/bin/x", Unit: []string{"MemoryMax=1G"}, StartTimeout: time.Minute, RestartDelays: []time.Duration{}}
	unit, err := s.Render(Systemd)
	require.NoError(t, err)
	assert.Regexp(t, `(?s)\[Service\].*\nMemoryMax=1G\n\n\[Install\]`, string(unit))
	assert.Contains(t, string(unit), "TimeoutStartSec=65\n")
	assert.NotContains(t, string(unit), "StartLimit", "it is never restarted")
}
