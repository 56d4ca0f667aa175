// Command console shows the properties of this terminal: the kinds of the standard files, the code
// pages, whether escape sequences work, and a sample of Chinese, emoji and box drawing that should
// look right. With -run it shows a child's output as UTF-8 and the raw bytes beside it:
//
//	console -run ipconfig /all
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"

	"github.com/surefoot-go/surefoot/consolex"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("console: ")
	log.SetOutput(consolex.Stderr())
	out := consolex.NewWriter(os.Stdout, &consolex.WriterOptions{Strip: true}) // no colours in a file
	if err := errors.Join(run(out, os.Args[1:]), out.Flush()); err != nil {
		log.Fatal(err)
	}
}

// run writes what the command line asks for.
func run(w io.Writer, args []string) error {
	flags := flag.NewFlagSet("console", flag.ContinueOnError)
	flags.SetOutput(w)
	child := flags.Bool("run", false, "run the program that follows, with its arguments, and show its output")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if *child {
		if flags.NArg() == 0 {
			return errors.New("-run what? Name a program and its arguments after it")
		}
		return showChild(w, exec.Command(flags.Arg(0), flags.Args()[1:]...))
	}
	if err := showState(w); err != nil {
		return err
	}
	err := consolex.With(func() error { return showSample(w) }) // With for the colours; the text needs no code page
	if errors.Is(err, errors.ErrUnsupported) {
		return errors.Join(err, showSample(w)) // an old console
	}
	return err
}

// showState tells what the standard files and the code pages are.
func showState(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range []struct {
		name string
		file *os.File
	}{{"standard input", os.Stdin}, {"standard output", os.Stdout}, {"standard error", os.Stderr}} {
		kind := consolex.KindOf(f.file)
		fmt.Fprintf(table, "%s\t%v\tescape sequences: %s\n", f.name, kind, escapes(f.file, kind))
	}
	for _, cp := range []struct {
		name string
		page consolex.CodePage
		what string
	}{
		{"ANSI code page", consolex.ANSI(), "programs without Unicode, Python"},
		{"OEM code page", consolex.OEM(), "a new console"},
		{"output code page", consolex.Output(), "this console, as chcp shows it"},
		{"children", consolex.ChildOf(nil), "where they do not write UTF-8"},
	} {
		fmt.Fprintf(table, "%s\t%v\t%s\n", cp.name, cp.page, cp.what)
	}
	return table.Flush()
}

// escapesOf reports whether an output other than a Windows console obeys escape sequences.
func escapesOf(kind consolex.Kind) string {
	if kind.Terminal() {
		return "on"
	}
	return "none"
}

const sample = `
  ┌──────────┬────────┐
  │ 中文输出 │ 日本語 │  你好，世界！ 한국어 naïve Ελληνικά Привет
  ├──────────┼────────┤  ` + "\x1b[31mred \x1b[32mgreen \x1b[1;34mblue\x1b[0m" + `
  │ ✓ ✗ … €  │ 😀👍🏽𠮷 │  ▁▂▃▄▅▆▇█
  └──────────┴────────┘
`

func showSample(w io.Writer) error {
	_, err := io.WriteString(w, sample)
	return err
}

// showChild runs cmd and writes each line of its output: the bytes in rows of sixteen, and beside
// the first row what they mean.
func showChild(w io.Writer, cmd *exec.Cmd) error {
	fmt.Fprintf(w, "code page %v, where a line is not UTF-8\n\n", consolex.ChildOf(nil))
	r, pipe := io.Pipe()
	shown := make(chan error, 1)
	go func() {
		err := showLines(w, r)
		r.CloseWithError(err) // the child shall not wait for a reader that has failed
		shown <- err
	}()
	cmd.Stdout, cmd.Stderr = pipe, pipe
	err := cmd.Run()
	pipe.Close()
	return errors.Join(<-shown, err)
}

func showLines(w io.Writer, r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		raw, err := lines.ReadBytes('\n')
		if len(raw) > 0 {
			text, err := io.ReadAll(consolex.NewDecoder(bytes.NewReader(raw), consolex.Auto))
			if err != nil {
				return err
			}
			if err := showLine(w, raw, strings.TrimRight(string(text), "\r\n")); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func showLine(w io.Writer, raw []byte, text string) error {
	const row = 16
	for first := true; len(raw) > 0; first = false {
		n := min(row, len(raw))
		if !first {
			text = ""
		}
		line := fmt.Sprintf("%-*s  %s", 3*row-1, fmt.Sprintf("% x", raw[:n]), text)
		line = strings.TrimRight(line, " ")
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
		raw = raw[n:]
	}
	return nil
}
