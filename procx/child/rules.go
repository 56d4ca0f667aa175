package child

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
)

// checkWhole returns an error if the containment falls short of o; reason may be nil.
func checkWhole(c Containment, o Options, reason error) error {
	switch {
	case !o.Whole || c.Whole():
		return nil
	case reason == nil:
		return fmt.Errorf("%w: only %v is available", ErrNotContained, c)
	}
	return fmt.Errorf("%w: only %v is available: %w", ErrNotContained, c, reason)
}

// cgroupDir returns the directory of a process's cgroup v2, from the texts of its /proc/self/cgroup
// and /proc/self/mountinfo (cgroups(7), proc(5)).
func cgroupDir(cgroup, mountinfo string) (string, error) {
	own, ok := cgroupPath(cgroup)
	if !ok {
		return "", errors.New("no cgroup v2 in /proc/self/cgroup")
	}
	for line := range strings.Lines(mountinfo) {
		// 41 31 0:38 ROOT MOUNTPOINT OPTIONS [TAG…] - TYPE SOURCE SUPEROPTIONS
		before, after, _ := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if !strings.HasPrefix(after, "cgroup2 ") || len(fields) < 5 {
			continue
		}
		root, mount := unescapeMount(fields[3]), unescapeMount(fields[4])
		rest, ok := strings.CutPrefix(own, strings.TrimSuffix(root, "/"))
		if ok && (rest == "" || rest[0] == '/') {
			return path.Join(mount, rest), nil
		}
	}
	return "", fmt.Errorf("cgroup %s is below no mounted cgroup2 file system", own)
}

// cgroupPath returns the path of the cgroup v2, from /proc/self/cgroup's text.
func cgroupPath(cgroup string) (string, bool) {
	for line := range strings.Lines(cgroup) {
		if own, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "0::"); ok {
			// "/../x" is outside this cgroup namespace.
			return own, strings.HasPrefix(own, "/") && !strings.HasPrefix(own, "/..")
		}
	}
	return "", false
}

// cgroupPrefix is the prefix of the name of every cgroup that this package creates.
const cgroupPrefix = "procx-"

// tetheredTo describes what a process in that cgroup (a path) is tied to, or returns "". The main
// process of a systemd unit, as identified by execPID, the value of $SYSTEMD_EXEC_PID
// (systemd.exec(5)), is tied to that unit unless the unit's KillMode, returned by killMode, spares
// other processes (systemd.kill(5)).
func tetheredTo(cgroup, execPID string, pid int, killMode func(unit string, user bool) string) string {
	switch {
	case pid == 1:
		return "this process is PID 1, with which the whole system or container ends"
	case strings.HasPrefix(path.Base(cgroup), cgroupPrefix):
		return "this process was itself started by child.Start, whose cgroup holds all its descendants"
	case execPID != strconv.Itoa(pid):
		return ""
	}
	unit := ""
	for dir := range strings.SplitSeq(cgroup, "/") {
		if strings.HasSuffix(dir, ".service") {
			unit = dir
		}
	}
	if unit == "" {
		return ""
	}
	switch mode := killMode(unit, strings.Contains(cgroup, "/user@")); mode {
	case "process", "none":
		return ""
	default:
		return fmt.Sprintf("this process is the main one of %s, whose KillMode (%s) ends all of the unit's processes: "+
			"set KillMode=process, or start the program by systemd-run", unit, mode)
	}
}

// Limits of a job object (Microsoft: JOBOBJECT_BASIC_LIMIT_INFORMATION).
const (
	jobBreakawayOK       = 0x800
	jobSilentBreakawayOK = 0x1000
	jobKillOnClose       = 0x2000
)

// leaveJob determines how a new process leaves the job of this process, given the job's limits:
// with the breakaway flag, without it, or not at all, which is an error. Processes of a job that
// isn't killed on close may stay in it.
func leaveJob(limits uint32) (breakaway bool, err error) {
	switch {
	case limits&jobSilentBreakawayOK != 0:
		return false, nil
	case limits&jobBreakawayOK != 0:
		return true, nil
	case limits&jobKillOnClose != 0:
		return false, errors.New("this process is in a job object that is killed on close and has no JOB_OBJECT_LIMIT_BREAKAWAY_OK: " +
			"the program that made the job must allow it, or this program must be started as a service or scheduled task")
	}
	return false, nil
}

// unescapeMount undoes mountinfo's escapes of spaces and backslashes.
func unescapeMount(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// runs reports whether a /proc/PID/stat text is that of a live process (proc_pid_stat(5)). The
// name, the second field, may itself contain spaces and parentheses.
func runs(stat string) bool {
	_, state, ok := strings.Cut(stat[strings.LastIndexByte(stat, ')')+1:], " ")
	return ok && state != "" && state[0] != 'Z' && state[0] != 'X' // zombie, dead
}

// orphan returns the parent and the process group of a process, and whether it is a zombie, from
// the text of its /proc/PID/stat (proc_pid_stat(5)).
func orphan(stat string) (parent, group int, zombie bool) {
	var state string
	_, err := fmt.Sscan(stat[strings.LastIndexByte(stat, ')')+1:], &state, &parent, &group)
	return parent, group, err == nil && state == "Z"
}

// unsafeInBatch lists the characters that cmd.exe interprets in an argument of a batch file, within
// quotes or where os/exec adds none.
const unsafeInBatch = "\"%!&|<>^\r\n\x00"

// checkBatch returns an error for a batch file with an argument that can't be quoted for it. The
// system runs a batch file with cmd.exe, which parses the command line by other rules than those
// for which os/exec quotes, so that an argument could run a command (CVE-2024-24576).
func checkBatch(path string, args []string) error {
	name := strings.ToLower(strings.TrimRight(path, ". ")) // Windows ignores these
	if !strings.HasSuffix(name, ".bat") && !strings.HasSuffix(name, ".cmd") {
		return nil
	}
	for i, arg := range args {
		if at := strings.IndexAny(arg, unsafeInBatch); at >= 0 {
			return fmt.Errorf("child: argument %d of the batch file %s has the character %q, which cmd.exe would interpret: "+
				"pass it in a file or an environment variable, or set SysProcAttr.CmdLine", i, path, arg[at])
		}
	}
	return nil
}

// otherConsole lists the creation flags of a process that has a different console than its parent,
// or none (Microsoft: "Process Creation Flags").
var otherConsole = map[uint32]string{
	0x00000008: "DETACHED_PROCESS",
	0x00000010: "CREATE_NEW_CONSOLE",
	0x08000000: "CREATE_NO_WINDOW",
}

// checkFlags returns an error for creation flags that prevent the child from receiving CTRL_BREAK.
func checkFlags(flags uint32) error {
	for flag, name := range otherConsole {
		if flags&flag != 0 {
			return fmt.Errorf("child: with %s in SysProcAttr.CreationFlags no CTRL_BREAK arrives at the child: "+
				"set Ask to AskStdin or AskNothing, or set AskFunc", name)
		}
	}
	return nil
}
