package config

import "strings"

// locate finds the line and the column, from 1, of a key of the service with the index, or, if that
// is negative, of the file. It finds the service's header where the key is not written, and returns
// zeros where there is none. It serves errors about values that are well formed, so it need not
// know more of TOML than lines: a multi-line string may mislead it.
func locate(text string, service int, key string) (line, column int) {
	current, inside := -1, service < 0
	n := 0
	for l := range strings.Lines(text) {
		n++
		trimmed := strings.TrimSpace(l)
		at := strings.Index(l, trimmed) + 1
		if strings.HasPrefix(trimmed, "[") && !strings.Contains(trimmed, "=") {
			header := strings.Join(strings.Fields(strings.Trim(stripComment(trimmed), "[] \t")), "")
			if strings.HasPrefix(trimmed, "[[") && header == "service" {
				current++
			}
			inside = current == service && service >= 0 && header == "service"
			if inside {
				line, column = n, at
			}
			if current == service && service >= 0 && key != "" && header == "service."+key {
				return n, at
			}
			continue
		}
		if inside && key != "" && hasKey(trimmed, key) {
			return n, at
		}
	}
	return line, column
}

// hasKey reports whether the line sets key, or a key below it.
func hasKey(line, key string) bool {
	rest, ok := strings.CutPrefix(line, key)
	if !ok {
		rest, ok = strings.CutPrefix(line, `"`+key+`"`)
	}
	rest = strings.TrimSpace(rest)
	return ok && (strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "."))
}

func stripComment(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return strings.TrimSpace(line)
}
