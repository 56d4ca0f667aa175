package config

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"
)

// document is the structure of dev.toml.
type document struct {
	Status  *string           `toml:"status"`
	Drain   duration          `toml:"drain"`
	Start   duration          `toml:"start"`
	Env     map[string]string `toml:"env"`
	EnvFile any               `toml:"env_file"`
	Service []service         `toml:"service"`
}

type service struct {
	Name       string            `toml:"name"`
	Package    string            `toml:"package"`
	Run        any               `toml:"run"`
	Address    string            `toml:"address"`
	Needs      []string          `toml:"needs"`
	Env        map[string]string `toml:"env"`
	EnvFile    any               `toml:"env_file"`
	Args       []string          `toml:"args"`
	Dir        string            `toml:"dir"`
	BuildFlags []string          `toml:"build_flags"`
	Tags       []string          `toml:"tags"`
	Polls      []string          `toml:"polls"`
	StopFirst  *bool             `toml:"stop_first"`
	Watch      []string          `toml:"watch"`
	Before     []step            `toml:"before"`
	Ready      struct {
		HTTP  string   `toml:"http"`
		TCP   bool     `toml:"tcp"`
		Log   string   `toml:"log"`
		After duration `toml:"after"`
	} `toml:"ready"`
}

type step struct {
	Run   any      `toml:"run"`
	Watch []string `toml:"watch"`
}

// duration is written as time.ParseDuration reads it.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err == nil && v < 0 {
		err = fmt.Errorf("a negative duration: %s", text)
	}
	*d = duration(v)
	return err
}

// An Error is a problem in a file, with its position.
type Error struct {
	File         string
	Line, Column int // from 1; 0: the file as a whole
	Message      string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Parse reads the text of a dev.toml. The name is for errors, which are *Error; dir, an absolute
// path, is what the file's paths are relative to.
func Parse(name, dir string, data []byte) (*File, error) {
	var doc document
	decoder := toml.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&doc); err != nil {
		return nil, syntaxError(name, err)
	}
	p := &parser{name: name, dir: dir, text: string(data)}
	f := &File{Dir: dir, Status: doc.Status, Drain: time.Duration(doc.Drain), Start: time.Duration(doc.Start)}
	var err error
	if doc.EnvFile != nil {
		if f.envFiles, err = p.files(-1, "env_file", doc.EnvFile); err != nil {
			return nil, err
		}
	}
	if err := p.checkEnv(-1, doc.Env); err != nil {
		return nil, err
	}
	if len(doc.Service) == 0 {
		return nil, p.errorf(-1, "", "no service: write [[service]] and below it package = \"./cmd/NAME\"")
	}
	for i, raw := range doc.Service {
		s, err := p.service(i, raw, doc.Env)
		if err != nil {
			return nil, err
		}
		f.Services = append(f.Services, s)
	}
	if err := p.checkAll(f.Services); err != nil {
		return nil, err
	}
	f.Services, err = p.order(f.Services)
	return f, err
}

// syntaxError converts the library's error to an Error.
func syntaxError(name string, err error) error {
	if strict, ok := errors.AsType[*toml.StrictMissingError](err); ok && len(strict.Errors) > 0 {
		first := strict.Errors[0]
		line, column := first.Position()
		return &Error{name, line, column, fmt.Sprintf("unknown key %q", strings.Join(first.Key(), "."))}
	}
	if decode, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := decode.Position()
		return &Error{name, line, column, strings.TrimPrefix(decode.Error(), "toml: ")}
	}
	return &Error{File: name, Message: strings.TrimPrefix(err.Error(), "toml: ")}
}

// A parser validates the document.
type parser struct{ name, dir, text string }

// errorf returns an Error at the key of service i, or of the file if i is negative.
func (p *parser) errorf(i int, key, format string, args ...any) error {
	line, column := locate(p.text, i, key)
	return &Error{p.name, line, column, fmt.Sprintf(format, args...)}
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

func (p *parser) service(i int, raw service, common map[string]string) (Service, error) {
	s := Service{Name: raw.Name, Address: raw.Address, Needs: raw.Needs, Args: raw.Args, Watch: raw.Watch, Polls: raw.Polls,
		Root: p.dir, Dir: p.path(raw.Dir)}
	var err error
	switch {
	case raw.Package == "" && raw.Run == nil:
		return s, p.errorf(i, "", "a service has a package to build, or a command to run: write package = … or run = …")
	case raw.Package != "" && raw.Run != nil:
		return s, p.errorf(i, "run", "a service has either package or run, not both")
	case raw.Run != nil:
		if s.Run, err = p.command(i, "run", raw.Run); err != nil {
			return s, err
		}
		if key := firstSet(raw.BuildFlags, raw.Tags, raw.Args); key != "" {
			return s, p.errorf(i, key, "%s is for a service with a package: write it into run", key)
		}
	default:
		if s.Package, err = cleanPackage(raw.Package); err != nil {
			return s, p.errorf(i, "package", "%v", err)
		}
	}
	if s.Name == "" {
		s.Name = defaultName(s, p.dir)
	}
	if !nameForm.MatchString(s.Name) || s.Name == "dev" {
		return s, p.errorf(i, "name", "%q can't be a service's name: it has letters, digits and . _ -, and is not \"dev\"", s.Name)
	}
	if s.Address != "" {
		if err := checkAddress(s.Address); err != nil {
			return s, p.errorf(i, "address", "%v", err)
		}
	}
	if s.Ready, err = p.ready(i, raw, s.Address); err != nil {
		return s, err
	}
	for _, pattern := range raw.Polls {
		if _, err := path.Match(pattern, ""); err != nil || !strings.HasPrefix(pattern, "/") {
			return s, p.errorf(i, "polls", "%q is no path of a long poll: write one such as /events/*", pattern)
		}
	}
	if raw.EnvFile != nil {
		if s.envFiles, err = p.files(i, "env_file", raw.EnvFile); err != nil {
			return s, err
		}
	}
	if err := p.checkEnv(i, raw.Env); err != nil {
		return s, err
	}
	s.Env = append(pairs(common), pairs(raw.Env)...)
	if port, ok := raw.Env["PORT"]; ok && s.Address != "" && !strings.Contains(port, "{port}") {
		return s, p.errorf(i, "env", "PORT is the port that dev chooses for each process, not the public one: leave it out, or write {port}")
	}
	if s.Flags, err = buildFlags(raw.BuildFlags, raw.Tags); err != nil {
		return s, p.errorf(i, "build_flags", "%v", err)
	}
	s.StopFirst = s.Address == "" // no client sees the gap, and a queue's worker may be one that can't run twice
	if raw.StopFirst != nil {
		s.StopFirst = *raw.StopFirst
	}
	if err := p.checkGlobs(i, "watch", raw.Watch); err != nil {
		return s, err
	}
	for _, before := range raw.Before {
		if before.Run == nil {
			return s, p.errorf(i, "before", "a step has a command: write run = …")
		}
		run, err := p.command(i, "before", before.Run)
		if err != nil {
			return s, err
		}
		if err := p.checkGlobs(i, "before", before.Watch); err != nil {
			return s, err
		}
		s.Before = append(s.Before, Step{run, before.Watch})
	}
	return s, nil
}
