package svcx

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

// invocation is what a command line asks for.
type invocation struct {
	command    string
	flags      []string // the program's own, as they were given
	json, help bool
}

// parseCommandLine finds the command, and parses the flags on either side of it
// into fs.
func parseCommandLine(args []string, fs *flag.FlagSet) (inv invocation, err error) {
	var words []string // behind the flags
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			words = append(words, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			if inv.command == "" {
				inv.command = arg
				continue
			}
			words = append([]string{arg}, args...)
			break
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		f := fs.Lookup(name)
		switch {
		case f == nil && name == "json" && !hasValue:
			inv.json = true
			continue
		case f == nil && (name == "h" || name == "help"):
			inv.help = true
			return inv, nil
		case f == nil: // else its value would be taken for the command
			return inv, fmt.Errorf("flag provided but not defined: -%s", name)
		}
		inv.flags = append(inv.flags, arg)
		if !hasValue && !isBoolFlag(f) && len(args) > 0 {
			inv.flags = append(inv.flags, args[0])
			args = args[1:]
		}
	}
	if inv.command == "" {
		inv.command = "run"
	}
	switch {
	case !slices.ContainsFunc(commands[:], func(c struct{ name, does string }) bool { return c.name == inv.command }):
		return inv, fmt.Errorf("unknown command %q", inv.command)
	case len(words) > 0 && inv.command != "run":
		return inv, fmt.Errorf("%s takes no argument %q", inv.command, words[0])
	case inv.json && inv.command != "status":
		return inv, fmt.Errorf("--json is a flag of the command status")
	}
	if len(words) > 0 {
		words = append([]string{"--"}, words...)
	}
	return inv, parseFlags(fs, slices.Concat(inv.flags, words))
}

// parseFlags is fs.Parse that neither prints nor exits.
func parseFlags(fs *flag.FlagSet, args []string) error {
	handling, output, usage := fs.ErrorHandling(), fs.Output(), fs.Usage
	defer func() {
		fs.Init(fs.Name(), handling)
		fs.SetOutput(output)
		fs.Usage = usage
	}()
	fs.Init(fs.Name(), flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return fs.Parse(args)
}

func isBoolFlag(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

func (s *Service) flags() *flag.FlagSet {
	if s.Flags != nil {
		return s.Flags
	}
	return flag.CommandLine
}

// parseStartArgs parses what was given to StartService. They add to the flags
// of the command line.
func (s *Service) parseStartArgs(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if err := parseFlags(s.flags(), args); err != nil {
		return &ExitError{exitUsage, fmt.Errorf("svcx: %s: start arguments: %w", s.Name, err)}
	}
	return nil
}
