package child

import "strings"

// Containment is what holds a child and its descendants: a set of bits. With none of them, only the
// child itself is reached.
type Containment uint8

const (
	// Group is a Unix process group of the child's own. Descendants that leave it, by setsid or
	// setpgid as daemons do, escape.
	Group Containment = 1 << iota
	// Cgroup is a Linux cgroup v2 of the child's own: no descendant escapes.
	Cgroup
	// Job is a Windows job object that ends with this process. No descendant escapes, except what
	// another process starts at its request (a service, a scheduled task, WMI).
	Job
	// DeathSignal is the kernel's promise to kill the child, not its descendants, when this process
	// ends. A set-user-ID child is exempt (prctl(2), PR_SET_PDEATHSIG).
	DeathSignal
)

// Whole reports whether every descendant is reached, whatever it does.
func (c Containment) Whole() bool { return c&(Cgroup|Job) != 0 }

// DiesWithParent reports whether the child ends when this process does, however that ends: killed,
// crashed or regularly. With Job, all descendants do too.
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
