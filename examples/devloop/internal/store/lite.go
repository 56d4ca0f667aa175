//go:build lite

package store

import (
	"database/sql"
	"errors"
)

func openPostgres(string) (*sql.DB, error) { return nil, errLite }
func openRedis(string) (Cache, error)      { return nil, errLite }

var errLite = errors.New(`this program was built with the tag "lite", without PostgreSQL and Redis: ` +
	`build it without that tag (go build ./cmd/..., or remove "lite" from the tags in dev.toml), or unset the variable`)
