package doctor

import (
	"regexp"
	"strings"
)

var (
	// The user and password of a URL, also of one that net/url can't parse.
	credentials = regexp.MustCompile(`(\w+://)[^/\s,|"]*@`)
	// What comes behind a URL's question mark.
	query = regexp.MustCompile(`(://[^\s,|?"]*\?)[^\s,|"]*`)
	// The same in an entry of GOPROXY, where an @ stands for nothing else.
	entryCredentials = regexp.MustCompile(`(^|[,|])(\s*\w+://)?[^,|]*@`)
)

// redact removes credentials from the URLs in a text.
func redact(s string) string {
	return query.ReplaceAllString(credentials.ReplaceAllString(s, "${1}***@"), "${1}***")
}

// redactProxies removes them from a value of GOPROXY, whether its entries are
// URLs or not.
func redactProxies(s string) string {
	return redact(entryCredentials.ReplaceAllString(s, "${1}${2}***@"))
}

// redact lets nothing out that a check may have overlooked.
func (r *Result) redact() {
	r.Summary = redact(r.Summary)
	for i := range r.Evidence {
		r.Evidence[i] = redact(r.Evidence[i])
	}
	if r.Fix != nil {
		r.Fix = &Fix{redact(r.Fix.Cmd), redact(r.Fix.PowerShell), redact(r.Fix.Sh)}
	}
}

// variable is a variable as evidence, without credentials.
func variable(name, value string) string {
	if strings.Contains(name, "PROXY") || strings.Contains(name, "SUMDB") {
		value = redactProxies(value)
	}
	return name + "=" + redact(value)
}
