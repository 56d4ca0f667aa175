package child

import "strings"

// Containment is the set of mechanisms that hold a child and its descendants. If it is empty, only
// the child itself is reached.
type Containment uint8

const (
	// Group is a Unix process group led by the child. Descendants that leave it with setsid or
	// setpgid, like daemons, escape.
	Group Containment = 1 << iota
	// Cgroup is a Linux cgroup v2 for the child, from which no descendant escapes.
	Cgroup
	// Job is a Windows job object that ends with this process. No descendant escapes, except for
	// processes that another process starts on its behalf (a service, a scheduled task, WMI).
	Job
	// DeathSignal means that the kernel kills the child, but not its descendants, when this process
	// ends. A set-user-ID child is exempt (prctl(2), PR_SET_PDEATHSIG).
	DeathSignal
)

// Whole reports whether every descendant is reached.
func (c Containment) Whole() bool { return c&(Cgroup|Job) != 0 }

// DiesWithParent reports whether the child ends when this process exits, crashes or is killed. With
// Job, all descendants do too.
func (c Containment) DiesWithParent() bool { return c&(Job|DeathSignal) != 0 }

// String returns the names of the bits, joined by "+", or "none".
func (c Containment) String() string {
	var names []string
	for i, name := range []string{"process group", "cgroup", "job object", "death signal"} {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "+")
}
