package guard

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Main is the guard: it reads from standard input what Guard writes, and acts when that ends.
func Main() int {
	dir, groups, ended := read(os.Stdin)
	if ended {
		return 0
	}
	for group := range groups {
		kill(group, false)
	}
	for end := time.Now().Add(grace); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for group := range groups {
			if !exists(group) {
				delete(groups, group)
			}
		}
		if len(groups) == 0 {
			break
		}
	}
	for group := range groups {
		kill(group, true)
	}
	if filepath.IsAbs(dir) {
		if err := os.RemoveAll(dir); err != nil {
			fmt.Fprintln(os.Stderr, "dev:", err)
			return 1
		}
	}
	return 0
}

// grace is the time that processes have to end after being asked.
const grace = 5 * time.Second

// read returns the folder, the groups that are left, and whether dev has ended as it should.
func read(r io.Reader) (dir string, groups map[int]bool, ended bool) {
	groups = map[int]bool{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		var group int
		switch word {
		case "dir":
			fmt.Sscanf(rest, "%q", &dir)
		case "add":
			if _, err := fmt.Sscan(rest, &group); err == nil && group > 1 {
				groups[group] = true
			}
		case "remove":
			if _, err := fmt.Sscan(rest, &group); err == nil {
				delete(groups, group)
			}
		case "end":
			return dir, groups, true
		}
	}
	return dir, groups, false
}
