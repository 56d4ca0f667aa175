package direct

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A command is a run of the compiler or the linker.
type command struct {
	Package   string            // the import path
	Args, Env []string          // Args[0] is the tool
	Dir       string            // where it ran
	Configs   map[string]string // contents of the files that flags name: -importcfg, -embedcfg
	Archives  map[string]string // of a link, by import path

	imports map[string]bool
}

func (c *command) isLink() bool { return toolName(c.Args[0]) == "link" }

func toolName(file string) string { return strings.TrimSuffix(filepath.Base(file), ".exe") }

// packages are those in the command's -importcfg.
func (c *command) packages() map[string]bool {
	if c.imports == nil {
		c.imports = map[string]bool{}
		for line := range strings.Lines(c.Configs["-importcfg"]) {
			if path, _, ok := packageFile(line); ok {
				c.imports[path] = true
			}
		}
	}
	return c.imports
}

// packageFile reads a line of an -importcfg.
func packageFile(line string) (path, file string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(line), "packagefile ")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, "=")
}

// withArchives returns an -importcfg that names the archives.
func withArchives(config string, archives map[string]string) (string, error) {
	var b strings.Builder
	for line := range strings.Lines(config) {
		if path, _, ok := packageFile(line); ok {
			file := archives[path]
			if file == "" {
				return "", fmt.Errorf("there is no archive of %s", path)
			}
			line = "packagefile " + path + "=" + file + "\n"
		}
		b.WriteString(line)
	}
	return b.String(), nil
}

// Record runs one of the go command's tools and returns its exit code. args are the directory for
// the recording and the tool's command line. If it can't be recorded, the go command does the next
// build too.
func Record(args []string) int {
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: DIRECTORY TOOL ARGUMENTS")
		return 2
	}
	if name := toolName(args[1]); (name == "compile" || name == "link") && !slices.Contains(args, "-V=full") {
		note(args[0], args[1:])
	}
	cmd := exec.Command(args[1], args[2:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// note records a command that can be repeated.
func note(dir string, args []string) error {
	c := &command{Package: os.Getenv("TOOLEXEC_IMPORTPATH"), Args: args, Env: os.Environ(), Configs: map[string]string{}}
	var err error
	if c.Dir, err = os.Getwd(); err != nil {
		return err
	}
	work := "" // the go command's directory of this build, which it removes
	for i, arg := range args[:len(args)-1] {
		if arg == "-importcfg" || arg == "-embedcfg" {
			data, err := os.ReadFile(args[i+1])
			if err != nil {
				return err
			}
			c.Configs[arg], work = string(data), filepath.Dir(filepath.Dir(args[i+1]))
		}
	}
	if work == "" || !c.repeatable(work) {
		return errors.New("it needs files that will be gone")
	}
	if c.isLink() {
		if err := c.saveArchives(dir, work); err != nil {
			return err
		}
	}
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "*.json")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// repeatable reports whether all of the command's inputs will still exist: cgo's and a profile's
// files, assembly symbols and arguments in a file won't.
func (c *command) repeatable(work string) bool {
	args := c.Args[1:]
	if c.isLink() {
		args = args[:len(args)-1] // the main package's archive
	}
	for i, arg := range args {
		if i > 0 && slices.Contains([]string{"-o", "-importcfg", "-embedcfg", "-trimpath"}, args[i-1]) {
			continue
		}
		if strings.Contains(arg, work) || strings.HasPrefix(arg, "@") || strings.HasPrefix(arg, "-pgoprofile") {
			return false
		}
	}
	for _, config := range c.Configs {
		if strings.Contains(config, "packageshlib ") {
			return false
		}
	}
	return !strings.Contains(c.Configs["-embedcfg"], work)
}

// saveArchives keeps those that the go command has just made.
func (c *command) saveArchives(dir, work string) error {
	c.Archives = map[string]string{}
	for line := range strings.Lines(c.Configs["-importcfg"]) {
		path, file, ok := packageFile(line)
		if !ok {
			continue
		}
		if rel, err := filepath.Rel(work, file); err == nil && filepath.IsLocal(rel) {
			kept := filepath.Join(dir, strings.ReplaceAll(filepath.ToSlash(rel), "/", "-"))
			if os.Link(file, kept) != nil {
				data, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				if err := os.WriteFile(kept, data, 0o600); err != nil {
					return err
				}
			}
			file = kept
		}
		c.Archives[path] = file
	}
	return nil
}

// A Recording is a build by the go command that is recorded.
type Recording struct {
	b       *Builder
	dir     string
	listing *Listing
	before  snapshot
}

// Start prepares a build by the go command, and returns the flag that has it recorded, or "" if it
// can't be.
func (b *Builder) Start() (*Recording, string) {
	r := &Recording{b: b, listing: b.current()}
	flag, ok := quote(b.Recorder)
	if r.listing == nil || !ok {
		return nil, ""
	}
	_, err := os.Stat(b.Recorder[0]) // it may have been replaced by another one, or removed
	if err != nil {
		return nil, ""
	}
	if r.before, err = r.listing.look(); err != nil {
		return nil, ""
	}
	r.dir = b.file(".record")
	if os.MkdirAll(r.dir, 0o700) != nil {
		return nil, ""
	}
	dir, ok := quote([]string{r.dir})
	if !ok {
		return nil, ""
	}
	return r, "-toolexec=" + flag + " " + dir
}

// quote writes words as the go command splits them. There is no way to write both kinds of quotes.
func quote(words []string) (string, bool) {
	quoted := make([]string, len(words))
	for i, word := range words {
		switch {
		case !strings.ContainsAny(word, " \t\r\n'\""):
			quoted[i] = word
		case !strings.Contains(word, "'"):
			quoted[i] = "'" + word + "'"
		case !strings.Contains(word, `"`):
			quoted[i] = `"` + word + `"`
		default:
			return "", false
		}
	}
	return strings.Join(quoted, " "), len(words) > 0
}

// End uses the recording if programs were built (files by import path) and no file was saved in the
// meantime.
func (r *Recording) End(ctx context.Context, programs map[string]string) {
	b := r.b
	defer b.clean()
	after, err := r.listing.look()
	if len(programs) == 0 || err != nil || ctx.Err() != nil || !after.equal(r.before) {
		return
	}
	next := b.known.clone()
	if next.links == nil {
		next = known{map[string]recorded{}, map[string]recorded{}, map[string]string{}, map[string]sum{}, map[string]sum{}, map[string]program{}}
	}
	notes, _ := filepath.Glob(filepath.Join(r.dir, "*.json"))
	var links []*command
	for _, file := range notes {
		c := &command{}
		if data, err := os.ReadFile(file); err != nil || json.Unmarshal(data, c) != nil {
			return
		}
		switch {
		case c.isLink():
			links = append(links, c)
		case r.listing.owns(c):
			next.compiles[c.Package] = recorded{c, after.of(c.Package)}
		}
	}
	for _, link := range links {
		file := programs[link.Package]
		if file == "" || !r.listing.has(link.packages()) {
			continue
		}
		next.links[link.Package] = recorded{link, after.all()}
		for pkg := range link.packages() {
			archive := link.Archives[pkg]
			if archive != next.archives[pkg] {
				next.archives[pkg] = archive
				delete(next.digests, pkg)
			}
			if f, ok := after.packages[pkg]; ok {
				d, err := digest(archive)
				if err != nil {
					return
				}
				next.contents[pkg], next.digests[pkg] = f.content, d.all
			}
		}
		b.keep(link.Package, link.id(next.digests), file, next)
	}
	b.known = next
}

// digests identify an archive, ignoring the build ID.
type digests struct{ all, exports sum }

// digest reads an archive, whose first part are the exports (cmd/internal/archive, cmd/compile).
func digest(file string) (digests, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return digests{}, err
	}
	const header = 8 + 60 // "!<arch>\n", the first entry's
	if len(data) < header {
		return digests{}, fmt.Errorf("%s is not an archive", file)
	}
	var size int
	if _, err := fmt.Sscan(string(data[header-12:header-2]), &size); err != nil || size < 0 || size > len(data)-header {
		return digests{}, fmt.Errorf("%s is not an archive", file)
	}
	exports := data[header : header+size]
	if _, rest, ok := bytes.Cut(exports, []byte("\nbuild id \"")); ok {
		if id, _, ok := bytes.Cut(rest, []byte("\"\n")); ok && len(id) > 0 {
			return digests{sumOf(bytes.ReplaceAll(data, id, nil)), sumOf(bytes.ReplaceAll(exports, id, nil))}, nil
		}
	}
	return digests{sumOf(data), sumOf(exports)}, nil
}
