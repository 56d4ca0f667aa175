package inspect

import (
	"fmt"
	"strings"
	"time"
)

// cpuUse is the CPU time that the system has accounted to this process.
type cpuUse struct{ user, system time.Duration }

// annotate adds the CPU time accounted by the system to a CPU profile, and a warning if it differs
// from the samples because of threads waiting in system calls.
func (p *profile) annotate(used cpuUse, elapsed time.Duration) {
	var total, waits time.Duration
	functions := p.functionNames()
	for _, s := range p.samples {
		if len(s.values) < 2 || len(s.locations) == 0 { // samples/count, cpu/nanoseconds
			continue
		}
		d := time.Duration(s.values[1])
		total += d
		if leaf := functions[s.locations[0]]; len(leaf) > 0 && isSyscall(leaf[0]) {
			waits += d
		}
	}
	for _, c := range cpuComments(used, elapsed, total, waits) {
		p.comments = append(p.comments, uint64(len(p.strings)))
		p.strings = append(p.strings, c)
	}
}

// cpuComments compares the sampled time, of which syscalls has a system call as its leaf, with the
// time actually used.
func cpuComments(used cpuUse, elapsed, total, syscalls time.Duration) []string {
	real := used.user + used.system
	comments := []string{fmt.Sprintf("CPU time of the process: %v (user %v, system %v) in %v, by the system's account",
		ms(real), ms(used.user), ms(used.system), ms(elapsed))}
	// Sampling at 100 Hz is always off by a few samples.
	if excess := total - real; syscalls > 0 && excess > total/5 && excess > 100*time.Millisecond {
		comments = append(comments, fmt.Sprintf(
			"WARNING: %v were sampled, %v more than used: %v of them are threads inside system calls (such as runtime.cgocall), most of which were waiting and used no CPU",
			ms(total), ms(excess), ms(syscalls)))
	}
	return comments
}

func ms(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// isSyscall reports whether a leaf is the last Go function above the system.
func isSyscall(function string) bool {
	switch function {
	case "runtime.cgocall", "runtime.asmcgocall", "runtime.asmcgocall_no_g", "runtime.asmstdcall",
		"runtime.asmstdcall_trampoline", "runtime.syscall_syscalln", "runtime.notetsleep_internal":
		return true
	}
	return strings.HasPrefix(function, "runtime.stdcall") || strings.HasPrefix(function, "syscall.Syscall") ||
		strings.HasPrefix(function, "syscall.syscall")
}

// functionNames returns the functions of each location by its ID, innermost first: inlined
// functions, then the function that contains them.
func (p *profile) functionNames() map[uint64][]string {
	names := map[uint64]string{}
	for _, f := range p.functions {
		eachField(f.body, func(num int, v uint64, data []byte) error {
			if num == 2 && v < uint64(len(p.strings)) {
				names[f.id] = p.strings[v]
			}
			return nil
		})
	}
	list := map[uint64][]string{}
	for _, l := range p.locations {
		eachField(l.body, func(num int, v uint64, line []byte) error {
			if num != 4 {
				return nil
			}
			return eachField(line, func(num int, v uint64, data []byte) error {
				if num == 1 {
					list[l.id] = append(list[l.id], names[v])
				}
				return nil
			})
		})
	}
	return list
}
