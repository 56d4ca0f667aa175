// Package config reads dev.toml: which programs dev runs, and how. Parse is pure; Load also reads
// the files of variables that a dev.toml names.
package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Name is what the file is called.
const Name = "dev.toml"

// A File is a valid dev.toml.
type File struct {
	Dir      string        // what its paths are relative to
	Status   *string       // the status page's address; nil: not said
	Drain    time.Duration // how long a replaced process may take for its last requests; 0: not said
	Start    time.Duration // how long a process may take to become ready; 0: not said
	Services []Service     // a service stands behind those it needs
	envFiles []string      // of all services; nil: .env, where there is one
}

// A Service is a program that dev keeps running: either a Go package, which it builds, or a
// command.
type Service struct {
	Name      string
	Package   string   // as go build takes it, such as ./cmd/user-service; empty: Run
	Run       Command  // a command that needs no build
	Address   string   // the public address, such as localhost:8081; empty: a worker, without one
	Needs     []string // services that must be ready before it starts
	SharedEnv []string // variables of the files of all services, in os/exec's form: those of dev's environment win
	FileEnv   []string // likewise of its own files
	Env       []string // variables that win over all others; templates (Expand)
	Args      []string // templates
	Dir       string   // the working directory
	Flags     []string // of go build
	Ready     Ready
	Polls     []string // paths of long polls, as path.Match takes them
	StopFirst bool     // the old process ends before the new one starts
	Watch     []string // globs relative to Root: files that it reads, for which it is restarted
	Before    []Step   // commands before its build
	Root      string   // what globs and commands are relative to
	envFiles  []string
}

// Ready is the condition under which a process is ready: one of these.
type Ready struct {
	HTTP  string        // a path that answers with a status below 400
	TCP   bool          // its port takes connections
	Log   string        // a regular expression for a line that it prints
	After time.Duration // it still runs then
}

// A Step is a command to run before a build: at dev's start, and when a file was saved that one of
// the globs matches.
type Step struct {
	Run   Command
	Watch []string
}

// Load reads the file and the files of variables that it names. If only those are wrong, it returns
// the File with the error.
func Load(file string) (*File, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return nil, err
	}
	f, err := Parse(file, dir, data)
	if err != nil {
		return nil, err
	}
	return f, f.ReadEnv()
}

// sharedEnv returns the files of variables of all services, and whether they may be absent.
func (f *File) sharedEnv() (files []string, optional bool) {
	if f.envFiles == nil {
		return []string{filepath.Join(f.Dir, ".env")}, true
	}
	return f.envFiles, false
}

// EnvFiles returns the files of variables that ReadEnv reads, and .env even if there is none.
func (f *File) EnvFiles() []string {
	files, _ := f.sharedEnv()
	files = slices.Clone(files)
	for _, s := range f.Services {
		files = append(files, s.envFiles...)
	}
	return files
}

// ReadEnv fills in the variables of the files.
func (f *File) ReadEnv() error {
	common, optional := f.sharedEnv()
	read := func(files []string) (vars []string, err error) {
		for _, file := range files {
			data, err := os.ReadFile(file)
			if optional && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			more, err := ParseEnv(file, data)
			if err != nil {
				return nil, err
			}
			vars = append(vars, more...)
		}
		return vars, nil
	}
	all, err := read(common)
	if err != nil {
		return err
	}
	optional = false
	for i := range f.Services {
		own, err := read(f.Services[i].envFiles)
		if err != nil {
			return err
		}
		f.Services[i].SharedEnv, f.Services[i].FileEnv = all, own
	}
	return nil
}
