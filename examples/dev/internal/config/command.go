package config

import (
	"fmt"
	"os/exec"
	"runtime"
	"strings"
)

// A Command is a program and its arguments.
type Command []string

// shellName is the program that runs a command that is one string.
const shellName = "\x00shell"

// shell returns the command that runs text in the system's shell.
func shell(text string) Command { return Command{shellName, text} }

// Argv returns the command with the system's shell filled in.
func (c Command) Argv() []string { return c.argv(runtime.GOOS) }

func (c Command) argv(goos string) []string {
	switch {
	case len(c) == 0 || c[0] != shellName:
		return c
	case goos == "windows":
		return []string{"cmd", "/d", "/c", c[1]}
	}
	return []string{"/bin/sh", "-c", c[1]}
}

// Cmd returns the command, to be started.
func (c Command) Cmd() *exec.Cmd {
	argv := c.Argv()
	cmd := exec.Command(argv[0], argv[1:]...)
	if c[0] == shellName {
		setLine(cmd, c[1])
	}
	return cmd
}

// String returns the command approximately as the user wrote it.
func (c Command) String() string {
	if len(c) > 0 && c[0] == shellName {
		return c[1]
	}
	words := make([]string, len(c))
	for i, word := range c {
		words[i] = word
		if word == "" || strings.ContainsAny(word, " \t\n\"'") {
			words[i] = fmt.Sprintf("%q", word)
		}
	}
	return strings.Join(words, " ")
}
