package repotest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guides are the pages for those who change this repository.
var guides = []string{"ARCHITECTURE.md", "CONTRIBUTING.md"}

var (
	codeSpan  = regexp.MustCompile("`([^`\n]+)`")
	guideCode = regexp.MustCompile(`(?m)^    .*$`)
	tag       = regexp.MustCompile(`/v\d+\.\d+\.\d+$`)
	pathLike  = regexp.MustCompile(`^(?:\./)?(\.?\w[\w.-]*(?:/[\w*.-]+)+|\.ci/\w+|[A-Z]+\.md|Makefile)$`)
)

// TestGuidesNameExistingThings looks for every file and folder that the guides name, in
// running text and in commands.
func TestGuidesNameExistingThings(t *testing.T) {
	for _, guide := range guides {
		text := readRoot(t, guide)
		code := guideCode.FindAllString(text, -1)
		for _, m := range append(codeSpan.FindAllStringSubmatch(text, -1), links.FindAllStringSubmatch(text, -1)...) {
			code = append(code, m[1])
		}
		found := 0
		for _, line := range code {
			dir := "" // where a command runs
			words := strings.Fields(line)
			for i, word := range words {
				if i > 0 && words[i-1] == "-C" {
					dir = word
				}
				word = strings.TrimSuffix(strings.Trim(word, "\",:;`"), "/...")
				m := pathLike.FindStringSubmatch(word)
				if m == nil || m[1] == "testdata/fuzz" || tag.MatchString(m[1]) { // of any package
					continue
				}
				from := root(t)
				if strings.HasPrefix(word, "./") {
					from = filepath.Join(from, dir)
				}
				found++
				files, err := filepath.Glob(filepath.Join(from, filepath.FromSlash(m[1])))
				require.NoError(t, err, word)
				assert.NotEmpty(t, files, "%s names %s: %s", guide, word, line)
			}
		}
		assert.Greater(t, found, 5, guide)
	}
}

// TestGuidesMake looks for the targets of make, and the fixtures of package testenv, that the
// guides name.
func TestGuidesMake(t *testing.T) {
	needGo(t)
	makefile := readRoot(t, "Makefile")
	text := readRoot(t, "CONTRIBUTING.md")
	targets := regexp.MustCompile("(?m)[ `]make (\\w+)").FindAllStringSubmatch(text, -1)
	assert.NotEmpty(t, targets)
	for _, target := range targets {
		assert.Regexp(t, `(?m)^`+target[1]+` *:`, makefile)
	}
	for _, fixture := range []string{"Command", "InNetNS", "SmallDisk", "Starve", "JumpClock", "InSystemd", "NeedWindows"} {
		assert.Regexp(t, "`(testenv\\.)?"+fixture+"`", text)
		assert.NotNil(t, typeCheck(t, "linux")[module+"/internal/testenv"].Scope().Lookup(fixture), fixture)
	}
}

// TestArchitectureListsPackages: a package that has no line there can't be found by it.
// What a package has below its own internal folder may be named as a whole.
func TestArchitectureListsPackages(t *testing.T) {
	needGo(t)
	text := readRoot(t, "ARCHITECTURE.md")
	for _, pkg := range goList(t, "linux", "./...") {
		path, ours := strings.CutPrefix(pkg, module+"/")
		if !ours || strings.HasPrefix(path, "examples/") {
			continue
		}
		named := strings.Contains(text, "`"+path+"`")
		if of, _, inner := strings.Cut(path, "/internal/"); inner && of != "" {
			named = named || strings.Contains(text, "`"+of+"/internal")
		}
		assert.True(t, named, "it does not name %s", path)
	}
}

// TestIssueForms: a report of a fault says for which package it is and what it depends on.
func TestIssueForms(t *testing.T) {
	needGo(t)
	text := readRoot(t, ".github/ISSUE_TEMPLATE/bug.yml")
	for pkg := range documented(t) {
		assert.Contains(t, text, "\n        - "+pkg+"\n")
	}
	for _, asked := range []string{"`chcp`", "`go version`", "`cmd /c ver`", "`uname -r`", "`sw_vers`"} {
		assert.Contains(t, text, asked)
	}
	for _, key := range regexp.MustCompile(`(?m)^ +id: (\w+)$`).FindAllStringSubmatch(text, -1) {
		assert.Equal(t, 1, strings.Count(text, "id: "+key[1]+"\n"), "GitHub refuses a form with two of the same id: %s", key[1])
	}
}

// TestEditorConfig: the repository's text files are as .editorconfig asks editors to write them.
func TestEditorConfig(t *testing.T) {
	config := readRoot(t, ".editorconfig")
	for _, setting := range []string{"charset = utf-8", "end_of_line = lf", "insert_final_newline = true", "trim_trailing_whitespace = true"} {
		require.Contains(t, config, setting)
	}
	trailing := regexp.MustCompile(`(?m)[ \t]+$`)
	for _, pattern := range []string{"*.md", "*.go", "go.mod", "Makefile", ".editorconfig", ".ci/*", ".github/*/*.yml",
		"*/*.go", "*/*/*.go", "*/*/*/*.go", "internal/*/*.md", "examples/*/*.md"} {
		files, err := filepath.Glob(filepath.Join(root(t), filepath.FromSlash(pattern)))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			text := strings.ReplaceAll(string(data), "\r\n", "\n") // a clone with core.autocrlf
			assert.True(t, strings.HasSuffix(text, "\n"), "%s: no newline at the end", file)
			assert.NotContains(t, text, "\r", file)
			assert.NotContains(t, text, "\uFEFF", "%s: a byte order mark", file)
			if filepath.Ext(file) != ".go" {
				assert.NotRegexp(t, trailing, text, file)
			}
		}
	}
}
