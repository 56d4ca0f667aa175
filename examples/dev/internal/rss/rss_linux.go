package rss

import (
	"os"
	"strconv"
)

func read() (Table, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return Table{}, err
	}
	children, sizes := map[int][]int{}, map[int]process{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + entry.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		parent, pages, err := parseStat(stat)
		if err != nil {
			return Table{}, err
		}
		children[parent] = append(children[parent], pid)
		sizes[pid] = process{size: pages * int64(os.Getpagesize())}
	}
	return Table{children, func(pid int) process { return sizes[pid] }}, nil
}
