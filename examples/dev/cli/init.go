package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/surefoot-go/surefoot/examples/dev/internal/config"
)

// initialize writes a dev.toml to dir, which has none, and prints a message.
func initialize(dir string, w io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	file := filepath.Join(dir, config.Name)
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already", file)
	}
	found, source, err := drafts(dir)
	if err != nil {
		return err
	}
	text := config.Write(found)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(w, "wrote %s from %s:\n\n%s", file, source, text)
	if _, err := config.Parse(config.Name, dir, []byte(text)); err != nil {
		fmt.Fprintf(w, "\nIt needs a change before dev takes it: %v\n", err)
	}
	return nil
}
