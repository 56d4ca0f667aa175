package doctor

import "strings"

// setsVariable returns the numbers of the lines in a shell's start-up file that set a variable, in
// whatever company: behind an if, or with others in one export.
func setsVariable(file, name string) (numbers []int) {
	n := 0
	for line := range strings.Lines(file) {
		n++
		for _, command := range shellCommands(line) {
			if assigns(command, name) {
				numbers = append(numbers, n)
				break
			}
		}
	}
	return numbers
}

// assigns reports whether a command sets a variable for those that follow. Before another command,
// an assignment is for that one only.
func assigns(words []string, name string) bool {
	for len(words) > 0 {
		switch words[0] {
		case "if", "then", "else", "elif", "do", "while", "until", "{", "!", "builtin", "command":
			words = words[1:]
			continue
		case "set": // of fish: set -gx NAME value
			for _, word := range words[1:] {
				if !strings.HasPrefix(word, "-") {
					return word == name
				}
			}
			return false
		case "setenv": // of csh
			return len(words) > 1 && words[1] == name
		case "export", "declare", "typeset", "readonly", "local":
			for _, word := range words[1:] {
				if strings.HasPrefix(word, name+"=") {
					return true
				}
			}
			return false
		}
		break
	}
	found := false
	for _, word := range words {
		before, _, ok := strings.Cut(word, "=")
		if !ok || strings.ContainsAny(before, `"'$/`) {
			return false
		}
		found = found || strings.TrimSuffix(before, "+") == name
	}
	return found
}

// shellCommands splits a line of a shell into commands, and those into words. Quotes keep words
// together and are left in.
func shellCommands(line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	quote := rune(0)
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	finish := func() {
		if end(); words != nil {
			commands, words = append(commands, words), nil
		}
	}
	for _, r := range line {
		switch {
		case quote != 0:
			if word.WriteRune(r); r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
			word.WriteRune(r)
		case r == '#' && word.Len() == 0:
			finish()
			return commands
		case strings.ContainsRune(" \t\r\n", r):
			end()
		case strings.ContainsRune(";&|()", r):
			finish()
		default:
			word.WriteRune(r)
		}
	}
	finish()
	return commands
}
