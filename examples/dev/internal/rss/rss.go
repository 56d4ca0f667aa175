// Package rss measures the memory of process trees (their resident set): with /proc on Linux,
// GetProcessMemoryInfo on Windows, and ps elsewhere.
package rss

import (
	"bytes"
	"fmt"
	"strconv"
)

// A Table is of all processes at one time. The zero Table has none.
type Table struct {
	children map[int][]int // by the parent's number
	look     func(pid int) process
}

// A process is what a Table tells of one; the zero process of one that has ended.
type process struct {
	size    int64 // in bytes
	started int64 // in the system's own unit; 0 where it does not matter
}

// Read asks the system.
func Read() (Table, error) { return read() }

// Tree returns how many bytes a process and its descendants hold together. Pages that they share
// are counted for each.
func (t Table) Tree(pid int) int64 {
	if t.look == nil {
		return 0
	}
	sum := int64(0)
	seen := map[int]bool{}
	var walk func(pid int, since int64)
	walk = func(pid int, since int64) {
		p := t.look(pid)
		if seen[pid] || p.started < since { // an older one is not a child, but of an earlier owner of the number
			return
		}
		seen[pid] = true
		sum += p.size
		for _, child := range t.children[pid] {
			walk(child, p.started)
		}
	}
	walk(pid, 0)
	return sum
}

// parsePS reads what "ps -axo pid=,ppid=,rss=" writes: three numbers a line, the last one in KiB.
func parsePS(out []byte) (Table, error) {
	children, sizes := map[int][]int{}, map[int]process{}
	for line := range bytes.Lines(out) {
		fields := bytes.Fields(line)
		if len(fields) != 3 {
			return Table{}, fmt.Errorf("ps: %d fields in %q", len(fields), line)
		}
		var numbers [3]int
		for i := range numbers {
			n, err := strconv.Atoi(string(fields[i]))
			if err != nil {
				return Table{}, fmt.Errorf("ps: %q: %w", line, err)
			}
			numbers[i] = n
		}
		pid, parent, kib := numbers[0], numbers[1], numbers[2]
		children[parent] = append(children[parent], pid)
		sizes[pid] = process{size: int64(kib) << 10}
	}
	return Table{children, func(pid int) process { return sizes[pid] }}, nil
}

// parseStat reads /proc/PID/stat: proc_pid_stat(5). The second field, a name in brackets, may hold
// anything; after it come the state, the parent, and as the 24th of all the resident set in pages.
func parseStat(stat []byte) (parent int, pages int64, err error) {
	rest := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(rest) < 22 {
		return 0, 0, fmt.Errorf("stat: %d fields after the name in %q", len(rest), stat)
	}
	if parent, err = strconv.Atoi(string(rest[1])); err != nil {
		return 0, 0, err
	}
	pages, err = strconv.ParseInt(string(rest[21]), 10, 64)
	return parent, pages, err
}
