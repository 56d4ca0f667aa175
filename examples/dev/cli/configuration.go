package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
	"github.com/surefoot-go/surefoot/examples/dev/internal/find"
	"github.com/surefoot-go/surefoot/examples/dev/internal/loop"
)

// A plan is what the files and the flags say together.
type plan struct {
	loop.Config
	files []string // the files that were read, and those that would be if they existed
	text  string   // their contents
}

// configuration reads the plan. If that fails, the plan still has the files to correct.
func (o options) configuration() (plan, error) {
	p := plan{Config: loop.Config{Status: o.status, Drain: o.drain, Debug: o.debug}}
	f, file, err := o.read()
	p.files = []string{file}
	if f != nil {
		p.files = append(p.files, f.EnvFiles()...)
	}
	p.text = contents(p.files)
	if err != nil {
		return p, err
	}
	p.Dir, p.Start = f.Dir, f.Start
	if f.Status != nil && !o.set["status"] {
		p.Status = *f.Status
	}
	if f.Drain != 0 && !o.set["drain"] {
		p.Drain = f.Drain
	}
	p.Services, err = choose(f.Services, o.only, o.without)
	return p, err
}

// read reads the file, or finds the programs to run. It returns the file's name in both cases.
func (o options) read() (f *config.File, file string, err error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, "", err
	}
	file = o.file
	if file == "" {
		file = above(dir)
	}
	if file != "" {
		f, err = config.Load(file)
		return f, file, err
	}
	f, err = found(dir)
	return f, filepath.Join(dir, config.Name), err
}

// found is what there is to run without a file.
func found(dir string) (*config.File, error) {
	drafts, err := programs(dir)
	if err != nil {
		return nil, err
	}
	text := config.Write(drafts)
	f, err := config.Parse(config.Name, dir, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("there is no %s, and the main packages alone don't tell what to run: %w; "+
			"write one, by \"dev init\" perhaps. It would be:\n\n%s", config.Name, err, text)
	}
	return f, f.ReadEnv()
}

// above returns the dev.toml in dir or the nearest directory above it, but not above the
// repository; "" if there is none.
func above(dir string) string {
	for {
		file := filepath.Join(dir, config.Name)
		if _, err := os.Stat(file); err == nil {
			return file
		}
		_, err := os.Stat(filepath.Join(dir, ".git"))
		parent := filepath.Dir(dir)
		if err == nil || parent == dir {
			return ""
		}
		dir = parent
	}
}

// programs are the drafts for the main packages.
func programs(dir string) ([]config.Draft, error) {
	found, err := find.Programs(dir)
	if err != nil {
		return nil, fmt.Errorf("%s has no %s, and no main packages can be found: %w", dir, config.Name, err)
	}
	var drafts []config.Draft
	for _, p := range found {
		drafts = append(drafts, config.Main(p.Package, p.ImportPath, p.Port))
	}
	if len(drafts) == 0 {
		return nil, fmt.Errorf("%s has no %s, and no module there has a main package", dir, config.Name)
	}
	return config.Numbered(drafts), nil
}

// choose returns the services selected by the flags, without their needs of other services.
func choose(all []loop.Service, only, without string) ([]loop.Service, error) {
	names := func(list string) ([]string, error) {
		if list == "" {
			return nil, nil
		}
		names := strings.Split(list, ",")
		for _, name := range names {
			if !slices.ContainsFunc(all, func(s loop.Service) bool { return s.Name == name }) {
				return nil, fmt.Errorf("there is no service %q", name)
			}
		}
		return names, nil
	}
	with, err := names(only)
	if err != nil {
		return nil, err
	}
	out, err := names(without)
	if err != nil {
		return nil, err
	}
	left := func(name string) bool {
		return (only == "" || slices.Contains(with, name)) && !slices.Contains(out, name)
	}
	var chosen []loop.Service
	for _, s := range all {
		if left(s.Name) {
			s.Needs = slices.DeleteFunc(slices.Clone(s.Needs), func(need string) bool { return !left(need) })
			chosen = append(chosen, s)
		}
	}
	if len(chosen) == 0 {
		return nil, fmt.Errorf("no service is left to run")
	}
	return chosen, nil
}

// drafts are those of what dir has: of a Procfile, or else of .air.toml files, or else of the main
// packages. source names it.
func drafts(dir string) (drafts []config.Draft, source string, err error) {
	file := filepath.Join(dir, "Procfile")
	data, err := os.ReadFile(file)
	if err == nil {
		drafts, err = config.Procfile(file, data)
		return drafts, "Procfile", err
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	var airs []string
	for _, pattern := range []string{".air.toml", "*/.air.toml", "*/*/.air.toml"} {
		more, _ := filepath.Glob(filepath.Join(dir, pattern))
		airs = append(airs, more...)
	}
	for _, file := range airs {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, "", err
		}
		d, err := config.Air(file, data)
		if err != nil {
			return nil, "", err
		}
		drafts = append(drafts, d)
	}
	if drafts != nil {
		found, err := programs(dir)
		for i := range drafts {
			for _, p := range found { // an error says that none are known
				if err == nil && p.Package == drafts[i].Package {
					drafts[i].Name = cmp.Or(drafts[i].Name, p.Name)
					drafts[i].Comment = strings.TrimSpace(drafts[i].Comment + "\n" + p.Comment)
					if p.Address != "" {
						drafts[i].Address = "?"
					}
				}
			}
		}
		return config.Numbered(drafts), ".air.toml", nil
	}
	drafts, err = programs(dir)
	return drafts, "the main packages", err
}
