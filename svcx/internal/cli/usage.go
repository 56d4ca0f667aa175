package cli

import (
	"flag"
	"fmt"
	"strings"
)

type command struct{ name, operand, done, does, more string }

// commands are the commands of Main, in the order of a service's life.
var commands = []command{
	{"run", "", "", "run it (also without a command)",
		"Ctrl+C ends it, a second one at once. Service managers start the program so."},
	{"install", "", "installed", "register it, or bring its registration up to date",
		"Flags given here become arguments of the service. It is not started: use start or\nrestart. --force replaces another program's service of that name."},
	{"uninstall", "", "uninstalled", "stop and remove it",
		"Its logs and data stay. --force removes another program's service of that name."},
	{"start", "", "started", "start it and wait until it is ready", ""},
	{"stop", "", "stopped", "stop it and wait until it has stopped", ""},
	{"restart", "", "restarted", "stop and start it",
		"What depends on it and was running runs again afterwards."},
	{"upgrade", "FILE", "upgraded", "replace its program, or keep the old one if the new one fails",
		"FILE is checked and copied to where the service's program is; the service is\nrestarted. If it does not become ready, the old program is put back and started."},
	{"status", "", "", "print its state; --json for programs",
		"Exit code 0: it runs; 3: it is installed and does not run; 4: it is not installed."},
	{"logs", "", "", "print its log", ""},
	{"render", "MANAGER", "", "print what install would register (systemd, launchd, openrc, scm)",
		"Flags given here become arguments of the service."},
	{"help", "[COMMAND]", "", "print this text, or more of one command", ""},
}

// find returns a command, or nil. Inlined, it would add 1 kB to the binary.
//
//go:noinline
func find(name string) *command {
	for i := range commands {
		if commands[i].name == name {
			return &commands[i]
		}
	}
	return nil
}

// Usage returns the help text for all commands, or for the named one.
func Usage(service, name string, fs *flag.FlagSet) string {
	text := "usage: " + service
	if c := find(name); c != nil {
		text += " " + c.synopsis() + " [flags]\n\n" + c.name + ": " + c.does + "\n"
		if c.more != "" {
			text += "\n" + c.more + "\n"
		}
	} else {
		text += " [command] [flags]\n\ncommands:\n"
		for i := range commands {
			c := &commands[i]
			text += fmt.Sprintf("  %-15s %s\n", c.synopsis(), c.does)
		}
	}
	var flags strings.Builder
	before := fs.Output()
	fs.SetOutput(&flags)
	fs.PrintDefaults()
	fs.SetOutput(before)
	if flags.Len() > 0 {
		text += "\nflags:\n" + flags.String()
	}
	return text
}

func (c *command) synopsis() string {
	if c.operand == "" {
		return c.name
	}
	return c.name + " " + c.operand
}
