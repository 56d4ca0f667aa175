// Package cli reads the command line of a service's program, and writes what its commands do.
package cli

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// Invocation is what a command line asks for.
type Invocation struct {
	Command     string
	Operand     string   // of upgrade, render and help
	Flags       []string // the program's own, as they were given
	JSON, Force bool
	Done        string // what to print when it is done, or ""
}

// Parse finds the command, and parses the flags on either side of it into fs.
func Parse(args []string, fs *flag.FlagSet) (*Invocation, error) {
	inv := &Invocation{}
	words, help, err := inv.split(args, fs)
	switch {
	case err != nil:
		return nil, err
	case help:
		*inv = Invocation{Command: "help", Operand: inv.Command}
		if find(inv.Operand) == nil || inv.Operand == "help" {
			inv.Operand = ""
		}
		return inv, nil
	case inv.Command == "":
		inv.Command = "run"
	}
	if err := inv.check(words); err != nil {
		return nil, err
	}
	inv.Done = find(inv.Command).done
	flags := slices.Clip(inv.Flags)
	if len(words) > 0 {
		flags = append(append(flags, "--"), words...)
	}
	return inv, ParseFlags(fs, flags)
}

// split sorts the arguments. The words are those behind the flags.
func (inv *Invocation) split(args []string, fs *flag.FlagSet) (words []string, help bool, err error) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return args[i+1:], help, nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			switch c := find(inv.Command); {
			case inv.Command == "":
				inv.Command = arg
			case inv.Operand == "" && c != nil && c.operand != "":
				inv.Operand = arg
			default:
				return args[i:], help, nil
			}
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		switch f := fs.Lookup(name); {
		case f != nil:
			inv.Flags = append(inv.Flags, arg)
			if !hasValue && !isBool(f) && i+1 < len(args) {
				i++
				inv.Flags = append(inv.Flags, args[i])
			}
		case name == "json" && !hasValue:
			inv.JSON = true
		case name == "force" && !hasValue:
			inv.Force = true
		case name == "h" || name == "help":
			help = true
		default: // else its value would be taken for the command
			return nil, false, errors.New("flag provided but not defined: -" + name)
		}
	}
	return nil, help, nil
}

// check returns what is wrong with a command line that was sorted.
func (inv *Invocation) check(words []string) error {
	text := ""
	switch {
	case find(inv.Command) == nil:
		return spec.Errorf("unknown command %q", inv.Command)
	case len(words) > 0 && inv.Command != "run":
		return spec.Errorf("%s takes no argument %q", inv.Command, words[0])
	case inv.JSON && inv.Command != "status":
		text = "--json is a flag of the command status"
	case inv.Force && inv.Command != "install" && inv.Command != "uninstall":
		text = "--force is a flag of the commands install and uninstall"
	case inv.Command == "help" && inv.Operand != "" && find(inv.Operand) == nil:
		return spec.Errorf("unknown command %q", inv.Operand)
	case inv.Command == "upgrade" && inv.Operand == "":
		text = "upgrade needs the new program: upgrade FILE"
	case inv.Command == "render" && Renderer(inv.Operand) == spec.Console:
		text = "render needs a manager: systemd, launchd, openrc or scm"
	default:
		return nil
	}
	return errors.New(text)
}

// Renderer returns the manager that an operand of the command render names, or Console.
func Renderer(operand string) spec.Manager {
	switch operand {
	case "systemd":
		return spec.Systemd
	case "launchd":
		return spec.Launchd
	case "openrc":
		return spec.OpenRC
	case "scm":
		return spec.SCM
	}
	return spec.Console
}

// ParseFlags is fs.Parse that neither prints nor exits.
func ParseFlags(fs *flag.FlagSet, args []string) error {
	handling, output, usage := fs.ErrorHandling(), fs.Output(), fs.Usage
	fs.Init(fs.Name(), flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	err := fs.Parse(args)
	fs.Init(fs.Name(), handling)
	fs.SetOutput(output)
	fs.Usage = usage
	return err
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// Elevated returns the command line that runs a command with the rights that it needs.
func Elevated(system, exe string, args []string) string {
	if system != "windows" {
		line := "sudo " + shquote.Quote(exe)
		for _, arg := range args {
			line += " " + shquote.Quote(arg)
		}
		return line
	}
	line, before := "Start-Process -Verb RunAs "+shquote.PowerShellString(exe), " -ArgumentList "
	for _, arg := range args {
		line += before + shquote.PowerShellString(winsvc.Quote(arg))
		before = ","
	}
	return line
}
