package config

import (
	"fmt"
	"strings"
)

// ParseEnv reads a file of variables, one NAME=value per line, as .env files have them. "export" in
// front is ignored, and so are blank lines and comments: lines that begin with #, and what follows
// " #" behind a value without quotes. A value in single quotes stands as it is; in double quotes
// \n, \r, \t, \" and \\ are escapes. Nothing else is replaced.
func ParseEnv(name string, data []byte) ([]string, error) {
	var vars []string
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), "\ufeff")) {
		n++
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			continue
		}
		if rest, ok := strings.CutPrefix(text, "export "); ok {
			text = strings.TrimSpace(rest)
		}
		key, value, ok := strings.Cut(text, "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.ContainsAny(key, " \t\"'\x00") {
			return nil, &Error{name, n, strings.Index(line, text) + 1, "not of the form NAME=value"}
		}
		value, err := envValue(strings.TrimSpace(value))
		if err != nil {
			return nil, &Error{name, n, strings.Index(line, "=") + 2, err.Error()}
		}
		vars = append(vars, key+"="+value)
	}
	return vars, nil
}

func envValue(text string) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", fmt.Errorf("a value can't have a zero byte")
	}
	if text == "" || text[0] != '"' && text[0] != '\'' {
		if strings.HasPrefix(text, "#") {
			return "", nil
		}
		for i := 1; i < len(text); i++ {
			if text[i] == '#' && (text[i-1] == ' ' || text[i-1] == '\t') {
				text = text[:i]
			}
		}
		return strings.TrimSpace(text), nil
	}
	quote := text[0]
	var value strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			if rest := strings.TrimSpace(text[i+1:]); rest != "" && rest[0] != '#' {
				return "", fmt.Errorf("%q stands behind the closing quote", rest)
			}
			return value.String(), nil
		case c == '\\' && quote == '"' && i+1 < len(text):
			i++
			if at := strings.IndexByte("nrt", text[i]); at >= 0 {
				value.WriteByte("\n\r\t"[at])
				break
			}
			if text[i] != '"' && text[i] != '\\' {
				value.WriteByte('\\')
			}
			value.WriteByte(text[i])
		default:
			value.WriteByte(c)
		}
	}
	return "", fmt.Errorf("the closing %c is missing", quote)
}
