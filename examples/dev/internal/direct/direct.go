// Package direct compiles and links programs without the go command, if that produces the same
// programs. The go command needs most of a second to find out that one file has changed.
//
// During a build by the go command, [Record] runs its tools (-toolexec) and records their
// arguments. A later build repeats these commands with the changed archives, as long as only
// embedded files and the text of source files below their imports have changed. Everything else is
// left to the go command, including failed builds, so that it reports the errors.
package direct

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// ErrFailed is returned, wrapped, by Build if a compiler or linker failed. The go command will
// report why.
var ErrFailed = errors.New("failed")

// A Builder builds programs with one set of build flags. Its methods may be called by several
// goroutines, but only one at a time builds.
type Builder struct {
	Dir      string                                 // for its files
	Recorder []string                               // the command that calls Record
	Run      func(context.Context, *exec.Cmd) error // runs a command and ends it with the context
	Link     func(file, other string) error         // gives a file a second name, or a copy

	mu      sync.Mutex
	listing *Listing
	known   known
	number  int // of the last file
}

// known holds the recorded commands and the files built since.
type known struct {
	compiles map[string]recorded // by import path
	links    map[string]recorded
	archives map[string]string // the newest, by import path
	contents map[string]sum    // of the sources that an archive was made from
	digests  map[string]sum    // of archives
	programs map[string]program
}

// recorded is a command and the shape for which it is valid.
type recorded struct {
	*command
	shape sum
}

// A program is the last one that was linked.
type program struct {
	file string
	id   string
}

func (k known) clone() known {
	return known{maps.Clone(k.compiles), maps.Clone(k.links), maps.Clone(k.archives), maps.Clone(k.contents),
		maps.Clone(k.digests), maps.Clone(k.programs)}
}

// SetListing sets the packages of the programs; nil if unknown.
func (b *Builder) SetListing(l *Listing) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listing = l
}

func (b *Builder) current() *Listing {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.listing
}

// Build builds programs: files by import path. Its error is the reason why the go command must do
// it.
func (b *Builder) Build(ctx context.Context, programs map[string]string) error {
	listing := b.current()
	if listing == nil {
		return errors.New("what the programs are made of is not known")
	}
	now, err := listing.look()
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for path := range programs {
		link, ok := b.known.links[path]
		switch {
		case !ok:
			return fmt.Errorf("the go command has not linked %s yet", path)
		case link.shape != now.all():
			return errors.New("more has changed than the text of functions")
		}
		for pkg := range link.packages() {
			needed[pkg] = true
		}
	}
	next := b.known.clone()
	if err := b.compile(ctx, listing, now, needed, next); err != nil {
		return err
	}
	if err := b.link(ctx, programs, next); err != nil {
		return err
	}
	b.known = next
	b.clean()
	return nil
}

// compile compiles those of the needed packages that changed, or import one whose exports changed.
func (b *Builder) compile(ctx context.Context, listing *Listing, now snapshot, needed map[string]bool, next known) error {
	compiled, exports := false, map[string]bool{}
	for _, pkg := range listing.Packages {
		f, editable := now.packages[pkg.ImportPath]
		changed := editable && f.content != next.contents[pkg.ImportPath]
		if !needed[pkg.ImportPath] || !changed && !slices.ContainsFunc(pkg.Imports, func(i string) bool { return exports[i] }) {
			continue
		}
		command, ok := next.compiles[pkg.ImportPath]
		if !ok || command.shape != now.of(pkg.ImportPath) {
			return fmt.Errorf("the go command has not compiled %s yet", pkg.ImportPath)
		}
		before, err := digest(next.archives[pkg.ImportPath])
		if err != nil {
			return err
		}
		archive := b.file(".a")
		if err := b.run(ctx, command.command, archive, next.archives, ""); err != nil {
			return err
		}
		after, err := digest(archive)
		if err != nil {
			return err
		}
		compiled = true
		exports[pkg.ImportPath] = before.exports != after.exports
		next.archives[pkg.ImportPath], next.contents[pkg.ImportPath], next.digests[pkg.ImportPath] = archive, f.content, after.all
	}
	if !compiled {
		return errors.New("no source file has changed")
	}
	return nil
}

// link links the programs, one per processor at a time. If a program's archives have not changed,
// it reuses the last program.
func (b *Builder) link(ctx context.Context, programs map[string]string, next known) error {
	type result struct {
		path, id string
		err      error
	}
	results := make(chan result, len(programs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for path, file := range programs {
		link := next.links[path]
		id := link.id(next.digests)
		last := next.programs[path]
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if last.id == id && b.Link(last.file, file) == nil {
				results <- result{path, id, nil}
				return
			}
			results <- result{path, id, b.run(ctx, link.command, file, next.archives, id)}
		}()
	}
	var errs error
	for range programs {
		r := <-results
		errs = errors.Join(errs, r.err)
		if r.err == nil && next.programs[r.path].id != r.id {
			b.keep(r.path, r.id, programs[r.path], next)
		}
	}
	return errs
}

// keep keeps a program, to be used again while no archive changes.
func (b *Builder) keep(path, id, file string, k known) {
	kept := b.file(".exe")
	if b.Link(file, kept) != nil {
		delete(k.programs, path)
		return
	}
	k.programs[path] = program{kept, id}
}

// run repeats a command that writes to file.
func (b *Builder) run(ctx context.Context, c *command, file string, archives map[string]string, id string) error {
	args := slices.Clone(c.Args)
	for i, flag := range args {
		switch {
		case flag == "-o":
			args[i+1] = file
		case strings.HasPrefix(flag, "-buildid=") && id != "":
			args[i] = "-buildid=" + id
		case c.Configs[flag] != "":
			text, err := withArchives(c.Configs[flag], archives)
			if err != nil {
				return err
			}
			args[i+1] = b.file(".cfg")
			defer os.Remove(args[i+1])
			if err := os.WriteFile(args[i+1], []byte(text), 0o600); err != nil {
				return err
			}
		}
	}
	if c.isLink() {
		args[len(args)-1] = archives[c.Package]
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	cmd.Stdout, cmd.Stderr = io.Discard, io.Discard
	if err := b.Run(ctx, cmd); err != nil {
		return fmt.Errorf("%s %w: %v", c.Package, ErrFailed, err)
	}
	return nil
}

// file returns the name of a new file.
func (b *Builder) file(ext string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.number++
	return filepath.Join(b.Dir, fmt.Sprint(b.number)+ext)
}

// clean removes files that are not used any more.
func (b *Builder) clean() {
	used := map[string]bool{}
	for _, file := range b.known.archives {
		used[file] = true
	}
	for _, p := range b.known.programs {
		used[p.file] = true
	}
	filepath.WalkDir(b.Dir, func(file string, d fs.DirEntry, err error) error {
		if err == nil && !used[file] && file != b.Dir {
			os.Remove(file) // also a directory, once nothing is in it
		}
		return nil
	})
}

// id is a link's build ID: programs of the same archives have the same. Debuggers and profilers
// tell programs apart by it.
func (c *command) id(digests map[string]sum) string {
	h := sha256.New()
	fmt.Fprintln(h, c.Args)
	for _, pkg := range slices.Sorted(maps.Keys(digests)) {
		if c.packages()[pkg] {
			fmt.Fprintln(h, pkg, digests[pkg])
		}
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15])
}
