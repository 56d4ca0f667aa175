package repotest

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFaults: every test that the table of faults names is there.
func TestFaults(t *testing.T) {
	text, err := os.ReadFile("../../docs/faults.md")
	require.NoError(t, err)
	named := regexp.MustCompile("`([a-z/]+)\\.(Test\\w+)`")
	tests := map[string][]string{} // by package
	rows := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| **") {
			continue
		}
		rows++
		cells := strings.Split(line, " | ")
		require.Len(t, cells, 3, line)
		names := named.FindAllStringSubmatch(cells[2], -1)
		assert.NotEmpty(t, names, "no test shows %s", cells[0])
		assert.Equal(t, strings.Count(cells[2], "`"), 2*len(names), "of %s something else stands among the tests", cells[0])
		for _, name := range names {
			pkg := name[1]
			if tests[pkg] == nil {
				tests[pkg] = testsOf(t, pkg)
			}
			assert.Contains(t, tests[pkg], name[2], "%s has no such test", pkg)
		}
	}
	assert.GreaterOrEqual(t, rows, 13)
}
