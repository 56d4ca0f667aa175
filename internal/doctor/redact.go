package doctor

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// The user and password of a URL, also of one that net/url can't parse.
	credentials = regexp.MustCompile(`(\w+://)[^/\s,|"]*@`)
	// The query of a URL.
	query = regexp.MustCompile(`(://[^\s,|?"]*\?)[^\s,|"]*`)
	// The same in an entry of GOPROXY, where an @ stands for nothing else.
	entryCredentials = regexp.MustCompile(`(^|[,|])(\s*\w+://)?[^,|]*@`)
)

// redact removes credentials from the URLs in a text.
func redact(s string) string {
	return query.ReplaceAllString(credentials.ReplaceAllString(s, "${1}***@"), "${1}***")
}

// redactProxies removes them from a value of GOPROXY, whether its entries are URLs or not.
func redactProxies(s string) string {
	return redact(entryCredentials.ReplaceAllString(s, "${1}${2}***@"))
}

// clean removes credentials that a check may have overlooked, as well as terminal controls and
// changes of the text direction, which another process's name may contain.
func (r *Result) clean() {
	line := func(s string) string {
		return strings.Map(func(c rune) rune {
			if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) {
				return ' '
			}
			return c
		}, redact(s))
	}
	r.Summary = line(r.Summary)
	for i := range r.Evidence {
		r.Evidence[i] = line(r.Evidence[i])
	}
	if r.Fix != nil {
		r.Fix = &Fix{line(r.Fix.Do), redact(r.Fix.Cmd), redact(r.Fix.PowerShell), redact(r.Fix.Sh)}
	}
}

// variable is a variable as evidence, without credentials.
func variable(name, value string) string {
	if strings.Contains(name, "PROXY") || strings.Contains(name, "SUMDB") {
		value = redactProxies(value)
	}
	return name + "=" + redact(value)
}
