package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAir: the tests that AIR.md names are there, each of air's scenarios that dev has is shown by
// one, and they are counted.
func TestAir(t *testing.T) {
	page, err := os.ReadFile("AIR.md")
	require.NoError(t, err)
	var sources strings.Builder
	require.NoError(t, filepath.WalkDir(".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		data, err := os.ReadFile(name)
		sources.Write(data)
		return err
	}))
	named := regexp.MustCompile("`(Test\\w+)(?:/([^`]+))?`").FindAllStringSubmatch(string(page), -1)
	assert.NotEmpty(t, named)
	for _, name := range named {
		there := strings.Contains(sources.String(), "func "+name[1]+"(") &&
			(name[2] == "" || strings.Contains(sources.String(), fmt.Sprintf("%q:", name[2])))
		assert.True(t, there, name[0])
	}

	_, section, ok := strings.Cut(string(page), "\n## air's scenarios\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	airs, scenarios, has := 1, 0, 0 // the smoke test has no name of a test
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 4 || strings.HasPrefix(line, "| air's") {
			continue
		}
		scenarios++
		airs += len(regexp.MustCompile(`\bTest\w+`).FindAllString(cells[0], -1))
		if strings.HasPrefix(cells[2], "no") {
			continue
		}
		has++
		assert.True(t, strings.HasPrefix(cells[2], "yes"), line)
		assert.Contains(t, cells[3], "`Test", line)
	}
	count := fmt.Sprintf("%d of them show what a user of such a tool sees, in %d scenarios.\ndev has %d of these, and %d it has not.", airs, scenarios, has, scenarios-has)
	assert.True(t, strings.Contains(section, count), count)
}
