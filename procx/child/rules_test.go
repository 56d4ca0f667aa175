package child

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCgroupDir(t *testing.T) {
	const (
		unified = "25 30 0:22 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n"
		hybrid  = "39 31 0:36 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n" +
			"41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
		docker = "1187 1175 0:29 /docker/7b1f /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate\n"
		spaced = `25 30 0:22 / /mnt/my\040cgroups rw - cgroup2 cgroup2 rw` + "\n"
	)
	for _, tt := range []struct{ name, cgroup, mountinfo, want string }{
		{"systemd", "0::/system.slice/worker.service\n", unified, "/sys/fs/cgroup/system.slice/worker.service"},
		{"root", "0::/\n", unified, "/sys/fs/cgroup"},
		{"hybrid", "9:name=systemd:/\n4:memory:/job/1\n0::/\n", hybrid, "/sys/fs/cgroup/unified"},
		{"container without a namespace", "0::/docker/7b1f/init\n", docker, "/sys/fs/cgroup/init"},
		{"another's mount", "0::/docker/7b1f0\n", docker, ""},
		{"escaped mount point", "0::/a b\n", spaced, "/mnt/my cgroups/a b"},
		{"outside the namespace", "0::/../other\n", unified, ""},
		{"v1 only", "2:cpu:/\n1:name=systemd:/init.scope\n", hybrid, ""},
		{"not mounted", "0::/x\n", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", ""},
		{"nothing", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, err := cgroupDir(tt.cgroup, tt.mountinfo)
			assert.Equal(t, tt.want, dir)
			assert.Equal(t, tt.want == "", err != nil)
		})
	}
}

func FuzzCgroupDir(f *testing.F) {
	f.Add("0::/system.slice/worker.service\n", "25 30 0:22 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n") // systemd
	f.Add("0::/docker/7b1f\n", "1187 1175 0:29 /docker/7b1f /sys/fs/cgroup ro - cgroup2 cgroup rw\n")            // docker
	f.Add("1:name=systemd:/\n0::", " - cgroup2 ")                                                                // cut off
	f.Fuzz(func(t *testing.T, cgroup, mountinfo string) {
		dir, err := cgroupDir(cgroup, mountinfo)
		if err == nil && dir == "" {
			t.Error("neither a directory nor an error")
		}
	})
}

func TestRuns(t *testing.T) {
	for stat, want := range map[string]bool{
		"12 (sleep) S 1 10 10 0 -1 4194304":   true,
		"12 (my (odd) Z 10 name) R 1 10 10 0": true,
		"12 (ends in ) Z) D 1 10 10 0":        true,
		"10 (sh) Z 1 10 10 0 -1":              false,
		"10 (sh) X 1 10 10 0 -1":              false,
		"10 (sh)":                             false,
		"10 (sh) ":                            false,
		"":                                    false,
	} {
		assert.Equal(t, want, runs(stat), stat)
	}
}

func TestTetheredTo(t *testing.T) {
	modes := map[string]string{"web.service": "control-group", "cron.service": "process", "user/app.service": "mixed"}
	killMode := func(unit string, user bool) string {
		if user {
			unit = "user/" + unit
		}
		require.Contains(t, modes, unit)
		return modes[unit]
	}
	for _, tt := range []struct{ name, cgroup, execPID, want string }{
		{"shell in a session", "/user.slice/user-1000.slice/session-2.scope", "", ""},
		{"main process of a unit", "/system.slice/web.service", "100", "web.service"},
		{"in a delegated cgroup", "/system.slice/web.service/workers", "100", "web.service"},
		{"a user's unit", "/user.slice/user-1000.slice/user@1000.service/app.slice/app.service", "100", "mixed"},
		{"not the main process", "/system.slice/web.service", "99", ""},
		{"a unit that spares others", "/system.slice/cron.service", "100", ""},
		{"a scope", "/init.scope", "100", ""},
		{"in this package's cgroup", "/system.slice/web.service/procx-7-1", "99", "child.Start"},
		{"no cgroup", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			why := tetheredTo(tt.cgroup, tt.execPID, 100, killMode)
			assert.Equal(t, tt.want == "", why == "")
			assert.Contains(t, why, tt.want)
		})
	}
	assert.Contains(t, tetheredTo("/", "", 1, killMode), "PID 1")
}

func TestLeaveJob(t *testing.T) {
	for _, tt := range []struct {
		name      string
		limits    uint32
		breakaway bool
		fails     bool
	}{
		{"no job", 0, false, false},
		{"killed on close", jobKillOnClose, false, true},
		{"killed on close, may leave", jobKillOnClose | jobBreakawayOK, true, false},
		{"killed on close, leaves by itself", jobKillOnClose | jobSilentBreakawayOK, false, false},
		{"limits memory only", 0x100, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			breakaway, err := leaveJob(tt.limits)
			assert.Equal(t, tt.breakaway, breakaway)
			assert.Equal(t, tt.fails, err != nil)
		})
	}
}

func TestUnescapeMount(t *testing.T) {
	assert.Equal(t, "/a b\tc\\040", unescapeMount(`/a\040b\011c\134040`))
	assert.False(t, strings.Contains(unescapeMount(`\012`), `\`))
}

func TestCheckBatch(t *testing.T) {
	for _, tt := range []struct {
		path string
		args []string
		want string // in the error; "" for none
	}{
		{`C:\x\run.bat`, []string{`C:\x\run.bat`, "plain", "with blank", "a=b,c;d", "(x86)", `C:\x\`, "ünï"}, ""},
		{`C:\x\run.bat`, []string{"run", `"&calc.exe`}, `argument 1 of the batch file C:\x\run.bat has the character '"'`},
		{`C:\x\RUN.BAT`, []string{"run", "a", "%PATH%"}, "argument 2"},
		{`run.cmd`, []string{"run", "a&b"}, "'&'"},
		{`run.cmd`, []string{"run", "a\nb"}, `'\n'`},
		{`run.cmd`, []string{"run", "a|b"}, "'|'"},
		{`run.cmd`, []string{"run", "a>b"}, "'>'"},
		{`run.cmd`, []string{"run", "a^b"}, "'^'"},
		{`run.cmd`, []string{"run", "!x!"}, "'!'"},
		{`run.cmd. .`, []string{"run", "a%b"}, "'%'"}, // Windows ignores the end
		{`R&D\run.cmd`, []string{`R&D\run.cmd`}, "argument 0"},
		{`run.exe`, []string{"run", `"&calc.exe`}, ""},
		{`bat`, []string{"bat", "a&b"}, ""},
	} {
		err := checkBatch(tt.path, tt.args)
		if tt.want == "" {
			assert.NoError(t, err, tt.path)
			continue
		}
		assert.ErrorContains(t, err, tt.want)
	}
}

func TestCheckFlags(t *testing.T) {
	assert.NoError(t, checkFlags(0))
	assert.NoError(t, checkFlags(0x200|0x4|0x400|0x1000000)) // a group, suspended, Unicode, breakaway
	assert.ErrorContains(t, checkFlags(0x8|0x200), "DETACHED_PROCESS")
	assert.ErrorContains(t, checkFlags(0x10), "CREATE_NEW_CONSOLE")
	assert.ErrorContains(t, checkFlags(0x8000000), "CREATE_NO_WINDOW")
}

func TestOrphan(t *testing.T) {
	for stat, want := range map[string][3]any{
		"7 (a b) c) Z 1 5 5 0 -1": {1, 5, true},
		"7 (sh) S 1 5 5 0":        {1, 5, false},
		"7 (sh)":                  {0, 0, false},
		"":                        {0, 0, false},
	} {
		parent, group, zombie := orphan(stat)
		assert.Equal(t, want, [3]any{parent, group, zombie}, stat)
	}
}
