package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Draft is a service for a dev.toml that dev init writes.
type Draft struct {
	Comment string
	Name    string
	Package string
	Run     string // a command for the shell, where Package is empty
	Address string
	Env     map[string]string
	Args    []string
	Tags    []string
	Flags   []string
	Watch   []string
	Before  []DraftStep
}

// A DraftStep is a command before a build.
type DraftStep struct {
	Run   string
	Watch []string
}

// Write returns the text of a dev.toml.
func Write(drafts []Draft) string {
	var b strings.Builder
	b.WriteString("# What dev runs, and how: see the README of github.com/surefoot-go/surefoot/examples/dev.\n")
	for _, d := range drafts {
		b.WriteByte('\n')
		for line := range strings.Lines(d.Comment) {
			fmt.Fprintf(&b, "# %s\n", strings.TrimSpace(line))
		}
		b.WriteString("[[service]]\n")
		for _, key := range []struct{ name, value string }{
			{"name", d.Name}, {"package", d.Package}, {"run", d.Run}, {"address", d.Address},
		} {
			if key.value != "" {
				fmt.Fprintf(&b, "%s = %s\n", key.name, quote(key.value))
			}
		}
		if len(d.Env) > 0 {
			var vars []string
			for _, name := range slices.Sorted(maps.Keys(d.Env)) {
				vars = append(vars, quote(name)+" = "+quote(d.Env[name]))
			}
			fmt.Fprintf(&b, "env = { %s }\n", strings.Join(vars, ", "))
		}
		for _, key := range []struct {
			name  string
			value []string
		}{{"args", d.Args}, {"build_flags", d.Flags}, {"tags", d.Tags}, {"watch", d.Watch}} {
			if len(key.value) > 0 {
				fmt.Fprintf(&b, "%s = %s\n", key.name, array(key.value))
			}
		}
		for _, s := range d.Before {
			fmt.Fprintf(&b, "[[service.before]]\nrun = %s\nwatch = %s\n", quote(s.Run), array(s.Watch))
		}
	}
	return b.String()
}

func array(values []string) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = quote(v)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// quote returns a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
