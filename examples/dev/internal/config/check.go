package config

import (
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// settle is how long a worker that says nothing about itself must have run to count as ready.
const settle = 500 * time.Millisecond

func (p *parser) ready(i int, raw service, address string) (Ready, error) {
	r := Ready{HTTP: raw.Ready.HTTP, TCP: raw.Ready.TCP, Log: raw.Ready.Log, After: time.Duration(raw.Ready.After)}
	ways := 0
	for _, set := range []bool{r.HTTP != "", r.TCP, r.Log != "", r.After != 0} {
		if set {
			ways++
		}
	}
	_, err := regexp.Compile(r.Log)
	switch {
	case ways > 1:
		return r, p.errorf(i, "ready", "ready takes one of http, tcp, log and after")
	case address == "" && (r.HTTP != "" || r.TCP):
		return r, p.errorf(i, "ready", "without an address there is no port to ask: use ready.log or ready.after")
	case r.HTTP != "" && !strings.HasPrefix(r.HTTP, "/"):
		return r, p.errorf(i, "ready", "ready.http is a path, such as /readyz, not %q", r.HTTP)
	case err != nil:
		return r, p.errorf(i, "ready", "ready.log: %v", err)
	case ways == 0 && address != "":
		r.TCP = true
	case ways == 0:
		r.After = settle
	}
	return r, nil
}

// checkAll checks what concerns several services.
func (p *parser) checkAll(services []Service) error {
	for i, s := range services {
		for j, other := range services[:i] {
			if Variable(s.Name) == Variable(other.Name) {
				line, _ := locate(p.text, j, "")
				return p.errorf(i, "name", "a second service is called %q; the first is at line %d: write name = %q, say",
					s.Name, line, otherName(s, services))
			}
			if s.Address != "" && s.Address == other.Address && !strings.HasSuffix(s.Address, ":0") {
				return p.errorf(i, "address", "%s has the address %s already", other.Name, s.Address)
			}
		}
		for _, need := range s.Needs {
			if !slices.ContainsFunc(services, func(s Service) bool { return s.Name == need }) {
				return p.errorf(i, "needs", "there is no service %q", need)
			}
		}
	}
	return nil
}

// order puts services behind those they need, and leaves them as they stand otherwise.
func (p *parser) order(services []Service) ([]Service, error) {
	var ordered []Service
	done := map[string]bool{}
	for len(ordered) < len(services) {
		before := len(ordered)
		for _, s := range services {
			if !done[s.Name] && !slices.ContainsFunc(s.Needs, func(need string) bool { return !done[need] }) {
				ordered, done[s.Name] = append(ordered, s), true
				break
			}
		}
		if len(ordered) == before {
			i := slices.IndexFunc(services, func(s Service) bool { return !done[s.Name] })
			return nil, p.errorf(i, "needs", "%s needs %s, which in turn needs it, or waits for one that does",
				services[i].Name, strings.Join(services[i].Needs, " and "))
		}
	}
	return ordered, nil
}

func (p *parser) path(name string) string {
	if filepath.IsAbs(name) {
		return filepath.Clean(name)
	}
	return filepath.Join(p.dir, filepath.FromSlash(name))
}

func (p *parser) files(i int, key string, value any) ([]string, error) {
	names, ok := stringsOf(value)
	if !ok {
		return nil, p.errorf(i, key, "%s is a file's name, or an array of them", key)
	}
	files := []string{}
	for _, name := range names {
		files = append(files, p.path(name))
	}
	return files, nil
}

func (p *parser) command(i int, key string, value any) (Command, error) {
	words, ok := stringsOf(value)
	if !ok || len(words) == 0 || strings.TrimSpace(words[0]) == "" {
		return nil, p.errorf(i, key, "a command is a string for the shell, or an array of the program and its arguments")
	}
	if text, ok := value.(string); ok {
		return shell(text), nil
	}
	return words, nil
}

func (p *parser) checkEnv(i int, env map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(env[name], "\x00") {
			return p.errorf(i, "env", "%q can't be a variable's name, or its value has a zero byte", name)
		}
	}
	return nil
}

func (p *parser) checkGlobs(i int, key string, globs []string) error {
	for _, glob := range globs {
		if path.IsAbs(glob) || filepath.IsAbs(glob) || !ValidGlob(glob) {
			return p.errorf(i, key, "%q is no glob: write one with slashes, relative to this file, such as templates/**/*.html", glob)
		}
	}
	return nil
}

// stringsOf returns the strings of a TOML string or an array of them.
func stringsOf(value any) ([]string, bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []any:
		var all []string
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			all = append(all, s)
		}
		return all, true
	}
	return nil, false
}

func firstSet(buildFlags, tags, args []string) string {
	switch {
	case buildFlags != nil:
		return "build_flags"
	case tags != nil:
		return "tags"
	case args != nil:
		return "args"
	}
	return ""
}

// pairs are the variables in os/exec's form, sorted.
func pairs(env map[string]string) []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		all = append(all, name+"="+env[name])
	}
	return all
}
