package contest

import (
	"fmt"
	"regexp"
	"strings"
)

var marked = regexp.MustCompile(`(?s)(<!-- compare: (.*?) -->\n).*?(<!-- /compare -->)`)

// Fill puts text between the markers of a Markdown document, which stay:
//
//	<!-- compare: ^pathx/ -->
//	<!-- /compare -->
//
// The text is made from the regular expression that the first one holds.
func Fill(document string, make func(*regexp.Regexp) string) (string, error) {
	if !marked.MatchString(document) {
		return "", fmt.Errorf("there are no lines <!-- compare: REGEXP --> and <!-- /compare -->")
	}
	var failed error
	filled := marked.ReplaceAllStringFunc(document, func(section string) string {
		parts := marked.FindStringSubmatch(section)
		pattern, err := regexp.Compile(parts[2])
		if err != nil {
			failed = err
			return section
		}
		return parts[1] + "\n" + strings.TrimSpace(make(pattern)) + "\n\n" + parts[3]
	})
	return filled, failed
}
