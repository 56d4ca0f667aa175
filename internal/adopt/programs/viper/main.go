// The viper row: pathx finds and checks the file, and viper reads it.
package main

import (
	"context"
	"io"
	"net/http"
	"path/filepath"

	"github.com/spf13/viper"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/pathx"
)

func main() { kit.Main("viper", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	name := filepath.Join(s.Dir, "adopt-viper.yaml")
	if err := pathx.WriteFile(name, []byte("answers:\n  suffix: '!'\n"), 0o600); err != nil { // an installer's part
		return err
	}
	file, err := pathx.Finder{App: "adopt-viper", Flag: name}.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	config := viper.New()
	config.SetConfigType("yaml")
	if err := config.ReadConfig(pathx.NewTextReader(file)); err != nil {
		return err
	}
	s.Log.Info("configuration", "file", file.Path, "from", file.Source)
	return s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if config.GetString("answers.suffix") == "!" {
			io.WriteString(w, s.Work())
		}
	}))
}
