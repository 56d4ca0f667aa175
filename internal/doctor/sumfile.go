package doctor

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// parseSum reads a go.sum. Entries are by "module version" and "module version/go.mod"; lines that
// are none are returned as FILE:LINE.
func parseSum(file, text string) (entries map[string]string, bad []string, merge bool) {
	entries = map[string]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case len(words) == 3 && strings.HasPrefix(words[2], "h1:"):
			entries[words[0]+" "+words[1]] = words[2]
		default:
			for _, sign := range []string{"<<<<<<<", "|||||||", "=======", ">>>>>>>"} {
				merge = merge || strings.HasPrefix(line, sign)
			}
			bad = append(bad, fmt.Sprintf("%s:%d: %s", file, n, strings.TrimSpace(line)))
		}
	}
	return entries, bad, merge
}

// escapeModule escapes a module's path as the module cache does: a capital becomes "!" and the
// small letter (golang.org/ref/mod#module-cache).
func escapeModule(path string) string {
	var b strings.Builder
	for _, r := range path {
		if unicode.IsUpper(r) && r < unicode.MaxASCII {
			b.WriteByte('!')
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// hashDir is the h1 hash of a module's files, as in go.sum: the SHA-256 of a list of the SHA-256 of
// each file and its name, in the order of the names.
func hashDir(dir, prefix string, goOn func() bool) (string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		names = append(names, prefix+"/"+filepath.ToSlash(name))
		return err
	})
	if err != nil {
		return "", err
	}
	slices.Sort(names)
	list := sha256.New()
	for _, name := range names {
		if !goOn() {
			return "", errLate
		}
		sum, err := hashFile(filepath.Join(dir, filepath.FromSlash(strings.TrimPrefix(name, prefix+"/"))))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(list, "%x  %s\n", sum, name)
	}
	return "h1:" + base64.StdEncoding.EncodeToString(list.Sum(nil)), nil
}

func hashFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	h := sha256.New()
	_, err = io.Copy(h, file)
	return h.Sum(nil), err
}
