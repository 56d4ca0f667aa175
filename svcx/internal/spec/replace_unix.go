//go:build unix

package spec

import (
	"io/fs"
	"path/filepath"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// ReplaceFile is a Writer after which the file has changed as a whole or not at all.
func ReplaceFile(name string, data []byte, perm fs.FileMode) error {
	if err := atomicfile.WriteFresh(filepath.Dir(name), filepath.Base(name), data, perm); err != nil {
		return Errorf("write %s: %w", name, err)
	}
	return nil
}
