// Package cli parses the command line of a service's program, and formats its help and status
// texts.
package cli

import (
	"errors"
	"flag"
	"io"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// Invocation is a parsed command line.
type Invocation struct {
	Command     string
	Operand     string   // of upgrade, render and help
	Flags       []string // the program's own flags, as given
	JSON, Force bool
	Done        string // what to print when the command has succeeded, or ""
}

// Parse finds the command, and parses the flags before and after it into fs.
func Parse(args []string, fs *flag.FlagSet) (*Invocation, error) {
	var (
		command, operand  string
		flags, words      []string // words are the arguments after the flags
		json, force, help bool
	)
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			words = args[i+1:]
			break
		}
		if len(arg) < 2 || arg[0] != '-' {
			c := find(command)
			if command == "" {
				command = arg
			} else if operand == "" && c != nil && c.operand != "" {
				operand = arg
			} else {
				words = args[i:]
				break
			}
			continue
		}
		name, _, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		switch f := fs.Lookup(name); {
		case f != nil:
			first := i
			if !hasValue && !isBool(f) && i+1 < len(args) {
				i++
			}
			flags = spec.Append(flags, args[first:i+1]...)
		case name == "json" && !hasValue:
			json = true
		case name == "force" && !hasValue:
			force = true
		case name == "h" || name == "help":
			help = true
		default: // otherwise its value would be mistaken for the command
			return nil, spec.Errorf("flag provided but not defined: -%s", name)
		}
	}
	switch {
	case help:
		command, operand = "help", command
		if find(operand) == nil || operand == "help" {
			operand = ""
		}
	case command == "":
		command = "run"
	}
	inv := &Invocation{Command: command, Operand: operand, Flags: flags, JSON: json, Force: force}
	if help {
		return inv, nil
	}
	if err := inv.check(words); err != nil {
		return nil, err
	}
	inv.Done = find(command).done
	if len(words) > 0 {
		flags = spec.Append(spec.Append(flags, "--"), words...)
	}
	return inv, ParseFlags(fs, flags)
}

// check returns an error if the command line is invalid. words are its remaining arguments.
func (inv *Invocation) check(words []string) error {
	name := inv.Command
	if name == "help" && inv.Operand != "" {
		name = inv.Operand
	}
	text := ""
	switch {
	case find(name) == nil:
		return spec.Errorf("unknown command %q", name)
	case len(words) > 0 && inv.Command != "run":
		return spec.Errorf("%s takes no argument %q", inv.Command, words[0])
	case inv.JSON && inv.Command != "status":
		text = "--json is a flag of the command status"
	case inv.Force && inv.Command != "install" && inv.Command != "uninstall":
		text = "--force is a flag of the commands install and uninstall"
	case inv.Command == "upgrade" && inv.Operand == "":
		text = "upgrade needs the new program: upgrade FILE"
	case inv.Command == "render" && Renderer(inv.Operand) == spec.Console:
		text = "render needs a manager: systemd, launchd, openrc or scm"
	default:
		return nil
	}
	return errors.New(text)
}

// Renderer returns the manager named by the operand of the render command, or Console.
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

// ParseFlags is like fs.Parse, but neither prints nor exits.
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

// Elevated returns a command line that runs exe with args as administrator or root.
func Elevated(system, exe string, args []string) string {
	if system != "windows" {
		return "sudo " + shquote.Quote(exe) + spec.Each(args, " ", shquote.Quote)
	}
	line, before := "Start-Process -Verb RunAs "+shquote.PowerShellString(exe), " -ArgumentList "
	for _, arg := range args {
		line += before + shquote.PowerShellString(winsvc.Quote(arg))
		before = ","
	}
	return line
}
