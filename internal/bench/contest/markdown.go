package contest

import (
	"fmt"
	"regexp"
	"strings"
)

var marked = regexp.MustCompile(`(?s)(<!-- compare (go1\.\d+): (.*?) -->\n).*?(<!-- /compare -->)`)

// Fill puts text between the markers of a Markdown document that name a release of Go. The markers
// stay, and so do the sections of other releases:
//
//	<!-- compare go1.27: ^pathx/ -->
//	<!-- /compare -->
//
// The text is made from the regular expression that the first marker holds.
func Fill(document, release string, make func(*regexp.Regexp) string) (string, error) {
	var found bool
	var failed error
	filled := marked.ReplaceAllStringFunc(document, func(section string) string {
		parts := marked.FindStringSubmatch(section)
		if parts[2] != release {
			return section
		}
		found = true
		pattern, err := regexp.Compile(parts[3])
		if err != nil {
			failed = err
			return section
		}
		return parts[1] + "\n" + strings.TrimSpace(make(pattern)) + "\n\n" + parts[4]
	})
	if !found {
		return "", fmt.Errorf("there are no lines <!-- compare %s: REGEXP --> and <!-- /compare -->", release)
	}
	return filled, failed
}
