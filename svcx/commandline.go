package svcx

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// invocation is what a command line asks for.
type invocation struct {
	command     string
	operand     string   // of upgrade, render and help
	flags       []string // the program's own, as they were given
	json, force bool
}

// parseCommandLine finds the command, and parses the flags on either side of it
// into fs.
func parseCommandLine(args []string, fs *flag.FlagSet) (inv invocation, err error) {
	var words []string // behind the flags
	help := false
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			words = append(words, args...)
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			switch {
			case inv.command == "":
				inv.command = arg
				continue
			case inv.operand == "" && takesOperand(inv.command):
				inv.operand = arg
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
		case f == nil && name == "force" && !hasValue:
			inv.force = true
			continue
		case f == nil && (name == "h" || name == "help"):
			help = true
			continue
		case f == nil: // else its value would be taken for the command
			return inv, fmt.Errorf("flag provided but not defined: -%s", name)
		}
		inv.flags = append(inv.flags, arg)
		if !hasValue && !isBoolFlag(f) && len(args) > 0 {
			inv.flags = append(inv.flags, args[0])
			args = args[1:]
		}
	}
	if help && isCommand(inv.command) && inv.command != "help" {
		return invocation{command: "help", operand: inv.command}, nil
	}
	if help {
		return invocation{command: "help"}, nil
	}
	if inv.command == "" {
		inv.command = "run"
	}
	_, isRenderer := rendererOf(inv.operand)
	switch {
	case !isCommand(inv.command):
		return inv, fmt.Errorf("unknown command %q", inv.command)
	case len(words) > 0 && inv.command != "run":
		return inv, fmt.Errorf("%s takes no argument %q", inv.command, words[0])
	case inv.json && inv.command != "status":
		return inv, fmt.Errorf("--json is a flag of the command status")
	case inv.force && inv.command != "install" && inv.command != "uninstall":
		return inv, fmt.Errorf("--force is a flag of the commands install and uninstall")
	case inv.command == "help" && inv.operand != "" && !isCommand(inv.operand):
		return inv, fmt.Errorf("unknown command %q", inv.operand)
	case inv.command == "upgrade" && inv.operand == "":
		return inv, fmt.Errorf("upgrade needs the new program: upgrade FILE")
	case inv.command == "render" && !isRenderer:
		return inv, fmt.Errorf("render needs a manager: systemd, launchd, openrc or scm")
	}
	if len(words) > 0 {
		words = append([]string{"--"}, words...)
	}
	return inv, parseFlags(fs, slices.Concat(inv.flags, words))
}

func isCommand(name string) bool {
	for _, c := range commands {
		if c.name == name {
			return true
		}
	}
	return false
}

func takesOperand(command string) bool {
	for _, c := range commands {
		if c.name == command {
			return c.operand != ""
		}
	}
	return false
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
		return &ExitError{spec.ExitUsage, fmt.Errorf("svcx: %s: start arguments: %w", s.Name, err)}
	}
	return nil
}
