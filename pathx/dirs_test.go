package pathx

import (
	"errors"
	"fmt"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func env(goos string, kv map[string]string) unixEnv {
	return unixEnv{goos, func(name string) string { return kv[name] }}
}

type vars = map[string]string

// dirs5 returns the directories that every account has.
func dirs5(config, data, state, cache, log string) Dirs {
	return Dirs{Config: config, Data: data, State: state, Cache: cache, Log: log}
}

// with adds a runtime directory.
func (d Dirs) with(runtime string) Dirs {
	d.Runtime = runtime
	return d
}

func TestUnixDirs(t *testing.T) {
	for _, tt := range []struct {
		name string
		goos string
		vars vars
		want Dirs
	}{
		{"defaults", "linux", vars{"HOME": "/home/a"},
			dirs5("/home/a/.config/x", "/home/a/.local/share/x", "/home/a/.local/state/x", "/home/a/.cache/x", "/home/a/.local/state/log/x")},
		{"XDG", "openbsd", vars{"HOME": "/home/a", "XDG_CONFIG_HOME": "/c/", "XDG_DATA_HOME": "/d", "XDG_STATE_HOME": "/s", "XDG_CACHE_HOME": "/k"},
			dirs5("/c/x", "/d/x", "/s/x", "/k/x", "/s/log/x")},
		{"systemd before XDG", "linux", vars{"HOME": "/root", "XDG_CONFIG_HOME": "/c", "CONFIGURATION_DIRECTORY": "/etc/x",
			"STATE_DIRECTORY": "/var/lib/x", "CACHE_DIRECTORY": "/var/cache/x", "LOGS_DIRECTORY": "/var/log/x"},
			dirs5("/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x")},
		{"several from systemd", "linux", vars{"HOME": "/h", "STATE_DIRECTORY": "/var/lib/y:/var/lib/x", "CACHE_DIRECTORY": "/var/cache/y:/var/cache/z"},
			dirs5("/h/.config/x", "/var/lib/x", "/var/lib/x", "/var/cache/y", "/h/.local/state/log/x")},
		{"no home", "linux", nil, dirs5("/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x").with("/run/x")},
		{"no home, XDG", "linux", vars{"XDG_STATE_HOME": "/s"}, dirs5("/etc/x", "/var/lib/x", "/s/x", "/var/cache/x", "/s/log/x").with("/run/x")},
		{"no home, systemd", "linux", vars{"LOGS_DIRECTORY": "/l"}, dirs5("/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/l").with("/run/x")},
		{"relative home", "freebsd", vars{"HOME": "."}, dirs5("/usr/local/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x").with("/var/run/x")},
		{"home is the root", "linux", vars{"HOME": "/"},
			dirs5("/.config/x", "/.local/share/x", "/.local/state/x", "/.cache/x", "/.local/state/log/x")},
		{"runtime directory of a session", "linux", vars{"HOME": "/h", "XDG_RUNTIME_DIR": "/run/user/7", "CREDENTIALS_DIRECTORY": "/run/credentials/x.service"},
			Dirs{"/h/.config/x", "/h/.local/share/x", "/h/.local/state/x", "/h/.cache/x", "/h/.local/state/log/x", "/run/user/7/x", "/run/credentials/x.service"}},
		{"runtime directory of a unit", "linux", vars{"XDG_RUNTIME_DIR": "/run/user/7", "RUNTIME_DIRECTORY": "/run/y:/run/x"},
			dirs5("/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x").with("/run/x")},
		{"macOS without XDG", "darwin", vars{"HOME": "/Users/a", "CONFIGURATION_DIRECTORY": "/no", "XDG_RUNTIME_DIR": "/no"}, dirs5("/Users/a/Library/Application Support/x",
			"/Users/a/Library/Application Support/x", "/Users/a/Library/Application Support/x/State", "/Users/a/Library/Caches/x", "/Users/a/Library/Logs/x")},
		{"macOS", "darwin", vars{"HOME": "/Users/a", "XDG_CONFIG_HOME": "/c"}, dirs5("/c/x", "/Users/a/Library/Application Support/x",
			"/Users/a/Library/Application Support/x/State", "/Users/a/Library/Caches/x", "/Users/a/Library/Logs/x")},
		{"macOS daemon", "darwin", nil, dirs5("/Library/Application Support/x", "/Library/Application Support/x",
			"/Library/Application Support/x/State", "/Library/Caches/x", "/Library/Logs/x")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := env(tt.goos, tt.vars).dirs("x")
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestCleanMatchesPathClean(t *testing.T) {
	for _, dir := range []string{"/", "//", "/.", "/..", "/a", "/a/", "/a//", "/a//b", "/a/./b", "/a/../b", "/a/.b", "/a/b.", "/a/..b/c", "//a"} {
		assert.Equal(t, path.Clean(dir), clean(dir), dir)
	}
}

func TestUnixDirsReportRelative(t *testing.T) {
	got, err := env("linux", vars{"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": "./s", "LOGS_DIRECTORY": "l"}).dirs("x")
	assert.Equal(t, dirs5("/h/.config/x", "/h/.local/share/x", "/h/.local/state/x", "/h/.cache/x", "/h/.local/state/log/x"), got)
	for _, want := range []string{`XDG_CONFIG_HOME="c"`, `XDG_STATE_HOME="./s"`, `LOGS_DIRECTORY="l"`} {
		assert.ErrorContains(t, err, want)
	}
}

func TestMachineDirs(t *testing.T) {
	misleading := vars{"HOME": "/home/a", "XDG_CONFIG_HOME": "/c", "STATE_DIRECTORY": "/s", "XDG_RUNTIME_DIR": "/r"}
	for goos, want := range map[string]Dirs{
		"linux":   dirs5("/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x").with("/run/x"),
		"freebsd": dirs5("/usr/local/etc/x", "/var/lib/x", "/var/lib/x", "/var/cache/x", "/var/log/x").with("/var/run/x"),
		"darwin": dirs5("/Library/Application Support/x", "/Library/Application Support/x", "/Library/Application Support/x/State",
			"/Library/Caches/x", "/Library/Logs/x"),
	} {
		assert.Equal(t, want, env(goos, misleading).machineDirs("x"), goos)
		service, err := env(goos, nil).dirs("x")
		require.NoError(t, err)
		assert.Equal(t, want, service, "what a service without a home directory gets on %s", goos)
	}
	f := folders{programData: `C:\P`, userErr: errNoProfile}
	got, err := f.machineDirs("x")
	require.NoError(t, err)
	assert.Equal(t, dirs5(`C:\P\x`, `C:\P\x`, `C:\P\x\State`, `C:\P\x\Cache`, `C:\P\x\Logs`), got)
	f.machineErr = errors.New("no registry")
	_, err = f.machineDirs("x")
	require.ErrorIs(t, err, f.machineErr)

	_, err = MachineDirs("a/b")
	require.ErrorIs(t, err, ErrName)
	here, err := MachineDirs("x")
	require.NoError(t, err)
	assert.NotEmpty(t, here.Config)
}

func TestUnixConfigDirs(t *testing.T) {
	user := func(path string) configDir { return configDir{source: FromUser, path: path} }
	system := func(path string) configDir { return configDir{source: FromSystem, path: path} }
	for _, tt := range []struct {
		name string
		goos string
		vars vars
		want []configDir
	}{
		{"defaults", "linux", vars{"HOME": "/h"}, []configDir{user("/h/.config"), system("/etc/xdg"), system("/etc")}},
		{"FreeBSD", "freebsd", vars{"HOME": "/h"}, []configDir{user("/h/.config"), system("/usr/local/etc/xdg"), system("/usr/local/etc"), system("/etc")}},
		{"XDG", "linux", vars{"XDG_CONFIG_HOME": "/c", "XDG_CONFIG_DIRS": "/a:/b/:"}, []configDir{user("/c"), system("/a"), system("/b"), system("/etc")}},
		{"systemd", "linux", vars{"HOME": "/h", "CONFIGURATION_DIRECTORY": "/etc/y:/etc/x"}, []configDir{user("/h/.config"),
			{source: FromSystem, path: "/etc/x", own: true}, system("/etc/xdg"), system("/etc")}},
		{"no home", "linux", nil, []configDir{noHome(), system("/etc/xdg"), system("/etc")}},
		{"relative", "linux", vars{"HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_CONFIG_DIRS": "d:/a", "CONFIGURATION_DIRECTORY": "e"}, []configDir{
			{source: FromUser, path: "c", err: ErrSkipped, hint: "XDG_CONFIG_HOME must be an absolute path; it is ignored"}, user("/h/.config"),
			{source: FromSystem, path: "e", err: ErrSkipped, hint: "CONFIGURATION_DIRECTORY must be an absolute path; it is ignored"},
			{source: FromSystem, path: "d", err: ErrSkipped, hint: "XDG_CONFIG_DIRS must be an absolute path; it is ignored"}, system("/a"), system("/etc")}},
		{"macOS", "darwin", vars{"HOME": "/Users/a"}, []configDir{user("/Users/a/Library/Application Support"), system("/Library/Application Support")}},
		{"macOS with XDG", "darwin", vars{"HOME": "/Users/a", "XDG_CONFIG_HOME": "/c/"}, []configDir{user("/c"), user("/Users/a/Library/Application Support"),
			system("/Library/Application Support")}},
		{"macOS daemon", "darwin", nil, []configDir{noHome(), system("/Library/Application Support")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []configDir
			env(tt.goos, tt.vars).configDirs("x", func(d configDir) { got = append(got, d) })
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestFolders(t *testing.T) {
	user := folders{roaming: `C:\R`, local: `C:\L`, programData: `C:\P`}
	got, err := user.dirs("x")
	require.NoError(t, err)
	assert.Equal(t, dirs5(`C:\R\x`, `C:\L\x`, `C:\L\x\State`, `C:\L\x\Cache`, `C:\L\x\Logs`), got)

	service := folders{programData: `C:\P`, service: "LocalSystem"}
	got, err = service.dirs("x")
	require.NoError(t, err)
	assert.Equal(t, dirs5(`C:\P\x`, `C:\P\x`, `C:\P\x\State`, `C:\P\x\Cache`, `C:\P\x\Logs`), got)

	broken := errors.New("no registry")
	_, err = folders{userErr: broken}.dirs("x")
	assert.ErrorIs(t, err, broken)
	_, err = folders{service: "LocalService", machineErr: broken}.dirs("x")
	assert.ErrorIs(t, err, broken)

	walk := func(f folders) (got []configDir) {
		f.configDirs(func(d configDir) { got = append(got, d) })
		return got
	}
	assert.Equal(t, []configDir{{source: FromUser, path: `C:\R`}, {source: FromUser, path: `C:\L`}, {source: FromSystem, path: `C:\P`}}, walk(user))
	places := walk(service)
	require.Len(t, places, 2)
	assert.Equal(t, ErrSkipped, places[0].err)
	assert.Contains(t, places[0].hint, "LocalSystem")
	assert.Equal(t, []configDir{{source: FromUser, err: broken}, {source: FromSystem, err: broken}}, walk(folders{userErr: broken, machineErr: broken}))
}

// Without a profile the machine's directories are searched; with an unreadable profile they are
// not.
func TestFoldersWithoutProfile(t *testing.T) {
	var got []configDir
	folders{userErr: fmt.Errorf("read AppData: %w", errNoProfile), programData: `C:\P`}.configDirs(func(d configDir) { got = append(got, d) })
	require.Len(t, got, 2)
	assert.Equal(t, ErrSkipped, got[0].err)
	assert.Contains(t, got[0].hint, "USERPROFILE")
	assert.Equal(t, configDir{source: FromSystem, path: `C:\P`}, got[1])

	for _, tt := range []struct{ folder, profile, want string }{
		{`%USERPROFILE%\AppData\Roaming`, `C:\Users\a`, `C:\Users\a\AppData\Roaming`},
		{`%userprofile%`, `C:\Users\a\`, `C:\Users\a`},
		{`%USERPROFILE%\x`, "", `%USERPROFILE%\x`},
		{`D:\Roaming`, `C:\Users\a`, `D:\Roaming`},
	} {
		assert.Equal(t, tt.want, withProfile(tt.folder, tt.profile))
	}
}

func TestDirsOfRejectsBadNames(t *testing.T) {
	for _, app := range []string{"", "..", "a/b", "nul"} {
		_, err := DirsOf(app)
		require.ErrorIs(t, err, ErrName)
	}
	got, err := DirsOf("orders")
	require.NoError(t, err)
	for _, dir := range []string{got.Config, got.Data, got.State, got.Cache, got.Log} {
		assert.Contains(t, dir, "orders")
	}
}
