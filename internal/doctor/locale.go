package doctor

import "strings"

// langOf returns the language that a locale's or Windows language's name stands for.
func langOf(name string) string {
	if strings.HasPrefix(strings.ToLower(name), "zh") {
		return "zh"
	}
	return "en"
}

// UTF8Locale reports whether an environment's locale, by POSIX's rules, is UTF-8.
func UTF8Locale(getenv func(string) string) bool {
	return encodingOf(posixLocale("LC_CTYPE", getenv)) == "UTF-8"
}

// posixLocale is the name of an environment's locale for a category.
func posixLocale(category string, getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", category, "LANG"} {
		if value := getenv(name); value != "" {
			return value
		}
	}
	return "C"
}

// encodingOf returns the encoding in a POSIX locale's name.
func encodingOf(locale string) string {
	_, encoding, ok := strings.Cut(locale, ".")
	if !ok {
		encoding = locale // a Mac's LC_CTYPE is just UTF-8
	}
	encoding, _, _ = strings.Cut(encoding, "@")
	switch {
	case strings.EqualFold(strings.ReplaceAll(encoding, "-", ""), "UTF8"):
		return "UTF-8"
	case !ok:
		return "ASCII (" + locale + ")"
	}
	return encoding
}
