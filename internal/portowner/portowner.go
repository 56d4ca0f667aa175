// Package portowner identifies the service behind a process that has a port, and says what to do
// about it.
//
// Many ports belong to a process that holds them for another program: process 1 for the units of
// systemd, svchost.exe for services, System for HTTP.sys, docker-proxy for containers. Ending such
// a process is useless at best. The table here has the command that shows the actual owner, and the
// one that ends it if that is safe.
//
// Everything here is a pure function with the system as a parameter.
package portowner

import (
	"fmt"
	"slices"
	"strings"
)

// A Socket is a port and its process.
type Socket struct {
	GOOS    string
	Network string // "tcp" or "udp", also with a 4 or 6 after it
	Port    int
	PID     int    // 0: unknown, or of another account
	Name    string // the program's, as the system tells it; "" if unknown
}

// Advice describes the owner of a port, and what to do.
type Advice struct {
	// Who describes the process, to be printed after its name: "which hosts Windows services". It
	// is "" for an ordinary program.
	Who string

	// Show holds commands that show more. There is at least one.
	Show []string

	// End holds commands that free the port. It is empty for a process that must not be ended.
	// Words in capitals, such as CONTAINER, are placeholders for output of Show.
	End []string
}

// Commands returns Show and End.
func (a Advice) Commands() []string { return slices.Concat(a.Show, a.End) }

// Of returns the advice for the owner of a port.
func Of(s Socket) Advice {
	for _, r := range table {
		if r.matches(s) {
			return r.advice(s)
		}
	}
	return row{show: []string{"netstat -an"}}.advice(s) // a system that the table does not have
}

// matches reports whether r is the row for s. The first such row of the table counts.
func (r row) matches(s Socket) bool {
	switch {
	case r.goos != "" && r.goos != s.GOOS,
		r.hidden != (s.PID == 0),
		r.unnamed && s.Name != "",
		r.pid != 0 && r.pid != s.PID,
		r.udp != "" && (r.udp == "udp") != isUDP(s.Network),
		r.ports != nil && !slices.Contains(r.ports, s.Port):
		return false
	}
	return r.names == nil || slices.ContainsFunc(r.names, func(name string) bool { return sameProgram(name, s.Name) })
}

// sameProgram compares the table's name of a program with that of a process. lsof writes a space as
// \x20, and cuts names after nine bytes if it is not told otherwise.
func sameProgram(want, have string) bool {
	have = strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(have, `\x20`, " ")), ".exe")
	return have == want || len(have) == 9 && strings.HasPrefix(want, have) && strings.Contains("com.docker.backend controlcenter", have)
}

func isUDP(network string) bool { return strings.HasPrefix(network, "udp") }

// advice fills the row's commands in.
func (r row) advice(s Socket) Advice {
	ss, proto, publish := "ltnp", "TCP", fmt.Sprint(s.Port)
	state := " -sTCP:LISTEN"
	if isUDP(s.Network) {
		ss, proto, publish, state = "lunp", "UDP", publish+"/udp", ""
	}
	fill := strings.NewReplacer(
		"{pid}", fmt.Sprint(s.PID),
		"{port}", fmt.Sprint(s.Port),
		"{publish}", publish,
		"{ss}", ss,
		"{proto}", proto,
		"{lower}", strings.ToLower(proto),
		"{state}", state,
	)
	replace := func(lines []string) []string {
		var filled []string
		for _, line := range lines {
			filled = append(filled, fill.Replace(line))
		}
		return filled
	}
	return Advice{Who: r.who, Show: replace(r.show), End: replace(r.end)}
}
