package loop

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/listen"
)

// A place is where one process listens: on a port chosen by dev, or at the address in the process's
// address file.
type place struct {
	ports    map[string]int // by placeholder; "port" is the one that the front passes requests to
	addrFile string
	byFile   bool // the service's variables or arguments name the file
}

// newPlace chooses a free port for each placeholder that the service uses, and for PORT.
func (r *runner) newPlace() (*place, error) {
	p := &place{ports: map[string]int{}, byFile: config.Uses("addr_file", r.Env, r.Args),
		addrFile: filepath.Join(r.sup.temp, fmt.Sprintf("%s-%d.url", r.Name, r.spawned))}
	names := []string{}
	if r.Address != "" {
		names = append(names, "port")
	}
	for _, text := range slices.Concat(r.Env, r.Args) {
		config.Expand(text, func(name string) string {
			if name != "addr_file" {
				names = append(names, name)
			}
			return ""
		})
	}
	var held []net.Listener // until all are chosen, so that no two are the same
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	for _, name := range names {
		if p.ports[name] != 0 {
			continue
		}
		l, err := listen.Dual("localhost:0") // free in both families
		if err != nil {
			return nil, fmt.Errorf("no free port: %w", err)
		}
		held = append(held, l)
		p.ports[name] = l.Addr().(*net.TCPAddr).Port
	}
	return p, os.MkdirAll(r.sup.temp, 0o700) // a cleaner may have taken it
}

// value is what a placeholder stands for.
func (p *place) value(name string) string {
	if name == "addr_file" {
		return p.addrFile
	}
	return strconv.Itoa(p.ports[name])
}

// url is where the process listens; nil as long as it has not said so.
func (p *place) url() (*url.URL, error) {
	if !p.byFile {
		return &url.URL{Scheme: "http", Host: net.JoinHostPort("localhost", p.value("port"))}, nil
	}
	data, err := os.ReadFile(p.addrFile)
	if err != nil {
		return nil, nil
	}
	u, err := url.Parse(strings.TrimSpace(string(data)))
	if err == nil && u.Host == "" {
		err = fmt.Errorf("%q is no URL", data)
	}
	if err != nil {
		return nil, fmt.Errorf("ADDR_FILE: %w", err)
	}
	return u, nil
}

// variables returns the environment of a process: dev's own, with the files' variables behind it
// and the service's in front.
func (r *runner) variables(own []string, at *place) []string {
	env := unshared(append(slices.Clone(r.SharedEnv), own...))
	known := map[string]bool{}
	for _, v := range own {
		name, _, _ := strings.Cut(v, "=")
		known[name] = true
	}
	for _, v := range r.FileEnv {
		if name, _, _ := strings.Cut(v, "="); !known[name] {
			env = append(env, v)
		}
	}
	env = append(env, r.sup.environment()...)
	if r.Address != "" {
		env = append(env, "PORT="+at.value("port"))
	}
	for _, v := range r.Env {
		env = append(env, config.Expand(v, at.value))
	}
	return env
}
