package config

import (
	"path"
	"strings"
)

// ValidGlob reports whether Match can use the glob.
func ValidGlob(glob string) bool {
	if glob == "" || strings.Contains(glob, `\`) {
		return false
	}
	_, err := path.Match(glob, "")
	return err == nil
}

// Match reports whether the glob matches the path, both with slashes. An element ** stands for any
// number of directories, none included; the others are those of path.Match.
func Match(glob, name string) bool {
	g, n := strings.Split(path.Clean(glob), "/"), strings.Split(name, "/")
	return above(g) == above(n) && matchElements(g, n)
}

// above returns the number of ".." elements at the beginning of a path. Neither * nor ** matches
// those.
func above(elements []string) (n int) {
	for n < len(elements) && elements[n] == ".." {
		n++
	}
	return n
}

func matchElements(glob, name []string) bool {
	// The place to go on from where the elements after a ** don't match: as for a single * in a
	// string, only the last one needs to be tried again.
	restGlob, restName := -1, 0
	g, n := 0, 0
	for n < len(name) {
		if g < len(glob) && glob[g] == "**" {
			restGlob, restName = g, n
			g++
			continue
		}
		if g < len(glob) {
			if ok, _ := path.Match(glob[g], name[n]); ok {
				g, n = g+1, n+1
				continue
			}
		}
		if restGlob < 0 {
			return false
		}
		restName++
		g, n = restGlob+1, restName
	}
	for g < len(glob) && glob[g] == "**" {
		g++
	}
	return g == len(glob)
}

// GlobDir splits a glob into the directory up to its first wildcard, and whether there are
// wildcards in directories below it.
func GlobDir(glob string) (dir string, deep bool) {
	elements := strings.Split(path.Clean(glob), "/")
	for i, element := range elements[:len(elements)-1] {
		if strings.ContainsAny(element, "*?[") {
			return path.Join(append([]string{"."}, elements[:i]...)...), true
		}
	}
	return path.Join(append([]string{"."}, elements[:len(elements)-1]...)...), elements[len(elements)-1] == "**"
}
