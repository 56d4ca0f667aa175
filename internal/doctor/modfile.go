package doctor

import (
	"cmp"
	"fmt"
	"go/version"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ModFile is what the doctor needs of a go.mod or a go.work.
type ModFile struct {
	Go, Toolchain string
	Require       []ModVersion
	Replace       map[string]string // by module, or module@version: a directory, or module@version
	Use           []string          // of a go.work
}

// ModVersion is a line of require.
type ModVersion struct {
	Path, Version string
	Indirect      bool
}

// parseMod reads a go.mod or go.work. Lines that go would refuse are left out: go itself says what
// is wrong with them.
func parseMod(text string) ModFile {
	m := ModFile{Replace: map[string]string{}}
	block := ""
	for line := range strings.Lines(text) {
		line, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case block != "" && words[0] == ")":
			block = ""
			continue
		case block != "":
			words = append([]string{block}, words...)
		case len(words) == 2 && words[1] == "(":
			block = words[0]
			continue
		}
		for i := range words {
			if s, err := strconv.Unquote(words[i]); err == nil {
				words[i] = s
			}
		}
		m.add(words, strings.HasPrefix(strings.TrimSpace(comment), "indirect"))
	}
	return m
}

func (m *ModFile) add(words []string, indirect bool) {
	switch verb, args := words[0], words[1:]; {
	case verb == "go" && len(args) == 1:
		m.Go = args[0]
	case verb == "toolchain" && len(args) == 1:
		m.Toolchain = args[0]
	case verb == "require" && len(args) == 2:
		m.Require = append(m.Require, ModVersion{args[0], args[1], indirect})
	case verb == "use" && len(args) == 1:
		m.Use = append(m.Use, args[0])
	case verb == "replace":
		for i, word := range args {
			if word == "=>" && i > 0 && i < len(args)-1 {
				m.Replace[strings.Join(args[:i], "@")] = strings.Join(args[i+1:], "@")
			}
		}
	}
}

// replaced returns the module that is taken in the place of v, and whether that has entries in
// go.sum, which a directory has not.
func (m *ModFile) replaced(v ModVersion) (ModVersion, bool) {
	to := cmp.Or(m.Replace[v.Path+"@"+v.Version], m.Replace[v.Path])
	if to == "" {
		return v, true
	}
	path, version, ok := strings.Cut(to, "@")
	return ModVersion{path, version, v.Indirect}, ok
}

// uses reports whether a go.work in dir uses a module's directory.
func (m *ModFile) uses(dir, module string) bool {
	for _, use := range m.Use {
		if !filepath.IsAbs(use) {
			use = filepath.Join(dir, filepath.FromSlash(use))
		}
		if filepath.Clean(use) == filepath.Clean(module) {
			return true
		}
	}
	return false
}

// wants returns the release of Go that the project wants, as "go1.26.8", and what says so.
func (g *GoFacts) wants() (release, file string) {
	if g.Work != "" {
		release, file = asGo(g.WorkMod.Go), "go.work"
	}
	if own := asGo(g.Mod.Go); version.Compare(own, release) > 0 {
		release, file = own, "go.mod"
	}
	return release, file
}

// asGo makes "go1.26" of the "1.26" in a go.mod.
func asGo(v string) string {
	if v == "" {
		return ""
	}
	return "go" + v
}

// oldestSupported returns the oldest release of Go that still gets fixes at a time. Releases come
// each February and August, and each is supported until there are two newer ones ("Go Release
// History"). They count from the month after, so that a late one makes nothing old too early.
func oldestSupported(now time.Time) string {
	const months = 6
	since := (now.Year()-2026)*12 + int(now.Month()-time.March) // go1.26 came in February 2026
	newest := 26 + since/months
	if since < 0 {
		newest = 26 - (months-1-since)/months
	}
	return fmt.Sprintf("go1.%d", newest-1)
}
