package main

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A program is one row of the table.
type program struct {
	name    string // its folder
	what    string
	module  string // whose version the row has; "": Go's
	backend func(dir string) (*backend, error)
}

var programs = []program{
	{name: "nethttp", what: "net/http"},
	{name: "grpc", what: "gRPC", module: "google.golang.org/grpc"},
	{name: "connect", what: "Connect", module: "connectrpc.com/connect"},
	{name: "gin", what: "Gin", module: "github.com/gin-gonic/gin"},
	{name: "echo", what: "Echo", module: "github.com/labstack/echo/v5"},
	{name: "fiber", what: "Fiber", module: "github.com/gofiber/fiber/v3"},
	{name: "chi", what: "chi", module: "github.com/go-chi/chi/v5"},
	{name: "http3", what: "HTTP/3, quic-go", module: "github.com/quic-go/quic-go"},
	{name: "nats", what: "NATS, embedded", module: "github.com/nats-io/nats-server/v2"},
	{name: "caddy", what: "Caddy, embedded", module: "github.com/caddyserver/caddy/v2"},
	{name: "etcd", what: "etcd, embedded", module: "go.etcd.io/etcd/server/v3"},
	{name: "mqtt", what: "MQTT, mochi-mqtt", module: "github.com/mochi-mqtt/server/v2"},
	{name: "prometheus", what: "Prometheus client", module: "github.com/prometheus/client_golang"},
	{name: "otel", what: "OpenTelemetry, slog bridge", module: "go.opentelemetry.io/otel/sdk"},
	{name: "zap", what: "zap beside eventx", module: "go.uber.org/zap"},
	{name: "zerolog", what: "zerolog beside eventx", module: "github.com/rs/zerolog"},
	{name: "pgx", what: "pgx, PostgreSQL", module: "github.com/jackc/pgx/v5", backend: postgres},
	{name: "redis", what: "go-redis, Redis", module: "github.com/redis/go-redis/v9", backend: redis},
	{name: "cobra", what: "cobra", module: "github.com/spf13/cobra"},
	{name: "viper", what: "viper", module: "github.com/spf13/viper"},
}

// build builds the program for a system into a directory, and returns the file.
func (p program) build(ctx context.Context, goos, dir string) (string, error) {
	file := filepath.Join(dir, p.name)
	if goos == "windows" {
		file += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags=-s -w", "-o", file, ".")
	cmd.Dir = filepath.Join("programs", p.name) // it may be a module of its own
	cmd.Env = append(os.Environ(), "GOOS="+goos)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("it does not build: %w\n%s", err, out)
	}
	return file, nil
}

// give builds the program for another system, and copies it to where that has its programs.
func (p program) give(ctx context.Context, goos, dir, to string) error {
	file, err := p.build(ctx, goos, dir)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, filepath.Base(file)), content, 0o755)
}

// version returns the version of what a built program adopts.
func (p program) version(file string) (string, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil || p.module == "" {
		return strings.Replace(info.GoVersion, "go", "Go ", 1), err
	}
	for _, m := range info.Deps {
		if m.Path == p.module && m.Replace == nil { // a replaced one would be no release
			return m.Version, nil
		}
	}
	return "", fmt.Errorf("%s is not built from a release of %s", file, p.module)
}
