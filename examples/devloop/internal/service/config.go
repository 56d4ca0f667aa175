package service

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"

	"github.com/surefoot-go/surefoot/pathx"
)

// app is the folder of the configuration files: /etc/devloop/user-service.json,
// %ProgramData%\devloop\user-service.json and so on.
const app = "devloop"

// A Config is the content of NAME.json. Variables of the environment override it, and values in the
// file may refer to them: "postgres://app:${DB_PASSWORD}@localhost/app".
type Config struct {
	Listen          string `json:"listen"`            // LISTEN
	UserServiceURL  string `json:"user_service_url"`  // USER_SERVICE_URL
	OrderServiceURL string `json:"order_service_url"` // ORDER_SERVICE_URL
	DatabaseURL     string `json:"database_url"`      // DATABASE_URL: postgres://…; default: SQLite in DataDir
	RedisURL        string `json:"redis_url"`         // REDIS_URL: redis://…; default: memory
	DataDir         string `json:"data_dir"`          // DATA_DIR; default: this account's
	DebugAddr       string `json:"debug_addr"`        // DEBUG_ADDR: of the debug server; default: none

	addrFile string // ADDR_FILE: the service writes its URL there once it serves; for a start at port 0
}

// settings returns the settings by the names of their variables.
func (c *Config) settings() map[string]*string {
	return map[string]*string{
		"LISTEN": &c.Listen, "USER_SERVICE_URL": &c.UserServiceURL, "ORDER_SERVICE_URL": &c.OrderServiceURL,
		"DATABASE_URL": &c.DatabaseURL, "REDIS_URL": &c.RedisURL, "DATA_DIR": &c.DataDir,
		"DEBUG_ADDR": &c.DebugAddr, "ADDR_FILE": &c.addrFile,
	}
}

// LoadConfig returns the configuration of spec's service and its origin. file is the value of the
// flag -config. If it is "" and there is no file in the usual places, that is not an error.
func LoadConfig(spec Spec, file string, getenv func(string) (string, bool)) (c Config, from string, err error) {
	c = Config{Listen: spec.Listen, UserServiceURL: "http://localhost:8081", OrderServiceURL: "http://localhost:8082"}
	from = "defaults and environment"
	f, err := pathx.Finder{App: app, Names: []string{spec.Name + ".json"}, Flag: file}.Open()
	switch {
	case err == nil:
		defer f.Close()
		from = f.Path
		if err := c.read(f); err != nil {
			return c, from, fmt.Errorf("%s: %w", f.Path, err)
		}
	case file != "" || !errors.As(err, new(*pathx.NotFoundError)):
		return c, from, err
	}
	for name, value := range c.settings() {
		if v, ok := getenv(name); ok && v != "" {
			*value = v
		}
	}
	if c.DataDir == "" {
		dirs, err := pathx.DirsOf(app)
		if err != nil {
			return c, from, err
		}
		c.DataDir = dirs.Data
	}
	return c, from, c.check()
}

func (c *Config) read(r io.Reader) error {
	dec := json.NewDecoder(pathx.NewTextReader(r))
	dec.DisallowUnknownFields()
	if err := dec.Decode(c); err != nil {
		return err
	}
	for name, value := range c.settings() {
		expanded, err := pathx.Expand(*value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*value = expanded
	}
	return nil
}

func (c *Config) check() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("LISTEN: want host:port, such as localhost:8080: %w", err)
	}
	for name, value := range map[string]string{"USER_SERVICE_URL": c.UserServiceURL, "ORDER_SERVICE_URL": c.OrderServiceURL} {
		if u, err := url.Parse(value); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return fmt.Errorf("%s: want a URL such as http://localhost:8081, got %q", name, value)
		}
	}
	return nil
}
