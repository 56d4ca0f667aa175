// Detect counts the lines that consolex.Auto decodes wrongly, beside those of the rule that it had
// before, and prints a Markdown table. From the repository's root:
//
//	go run -C internal/bench ./cmd/detect                        the messages below /usr/share/locale
//	go run -C internal/bench ./cmd/detect -locale DIR            those below another folder
//	go run -C internal/bench ./cmd/detect -v                     and each line that is wrong
//
// The lines are the translated messages of the programs that are installed: gettext's .mo files.
// Distributions that leave the translations out of their images have none. Then the command says
// so, and ends without an error.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	locale := flag.String("locale", "/usr/share/locale", "the `FOLDER` of the translations")
	verbose := flag.Bool("v", false, "print each line that is wrong")
	flag.Parse()
	if err := run(*locale, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "detect:", err)
		os.Exit(1)
	}
}

func run(locale string, verbose bool) error {
	messages := map[string][]string{}
	for _, c := range cases {
		if _, read := messages[c.language]; read {
			continue
		}
		lines, err := readLines(locale, c.language)
		if err != nil {
			return err
		}
		messages[c.language] = lines
	}
	empty := true
	fmt.Println("| bytes | page | lines | one stream, now | before | each line alone, now | before | one after the other encoding, now | before |")
	fmt.Println("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, c := range cases {
		s, err := newSample(c, messages[c.language])
		if err != nil {
			return err
		}
		if len(s.lines) == 0 {
			continue
		}
		empty = false
		fmt.Printf("| %s | %d | %d |", s.name, c.page, len(s.lines))
		for _, count := range []func(decode) []string{s.stream, s.alone, s.after} {
			now, before := count(detect), count(lineByLine)
			fmt.Printf(" **%d** | %d |", len(now), len(before))
			if verbose {
				fmt.Fprintf(os.Stderr, "%s\n%s\n", s.name, strings.Join(now, "\n"))
			}
		}
		fmt.Println()
	}
	if empty {
		fmt.Fprintf(os.Stderr, "detect: no translated messages below %s\n", locale)
	}
	return nil
}
