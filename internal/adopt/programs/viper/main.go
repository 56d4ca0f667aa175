// The viper row: pathx finds and checks the file, and viper reads it.
package main

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"sync/atomic"

	"github.com/spf13/viper"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/pathx"
)

func main() { kit.Main("viper", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	finder := pathx.Finder{App: "adopt-viper", Flag: filepath.Join(s.Dir, kit.Settings)}
	var config atomic.Pointer[viper.Viper] // a Viper does not take a new file while others read it
	s.Reload = func() error {
		file, err := finder.Open()
		if err != nil {
			return err
		}
		defer file.Close()
		v := viper.New()
		v.SetConfigType("yaml")
		if err := v.ReadConfig(pathx.NewTextReader(file)); err != nil {
			return err
		}
		s.Log.Info("configuration", "file", file.Path, "from", file.Source)
		config.Store(v)
		return nil
	}
	if err := s.Reload(); err != nil {
		return err
	}
	return s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Work()
		io.WriteString(w, config.Load().GetString("answer"))
	}))
}
