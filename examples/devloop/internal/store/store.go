// Package store opens a service's database (PostgreSQL, or an SQLite file) and cache (Redis, or
// memory). Both databases support the SQL that the services use.
//
// The build tag lite omits the clients of PostgreSQL and Redis, so that programs link faster during
// development.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite", without cgo

	"github.com/surefoot-go/surefoot/pathx"
)

// Open opens the database at url, or the file NAME.db in dir if url is empty, and executes the
// statements of schema. They must have no effect the second time, because two processes of a
// service may open the same database.
func Open(ctx context.Context, url, dir, name string, schema ...string) (*sql.DB, error) {
	var db *sql.DB
	var err error
	if url == "" {
		db, err = openSQLite(dir, name)
	} else {
		db, err = openServer(url)
	}
	if err != nil {
		return nil, err
	}
	err = migrate(ctx, db, url != "", schema)
	for end := time.Now().Add(busyWait); isBusy(err) && ctx.Err() == nil && time.Now().Before(end); err = migrate(ctx, db, url != "", schema) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database: %w", err), db.Close())
	}
	return db, nil
}

// A Row is a *sql.Row or the current one of *sql.Rows.
type Row interface{ Scan(...any) error }

// List returns what scan makes of each row of a query. The list is never nil, so that it is a list
// in JSON too.
func List[T any](ctx context.Context, db *sql.DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// busyWait is how long Open waits for other processes that open the same file.
const busyWait = 5 * time.Second

// isBusy reports whether err is SQLITE_BUSY. While one connection switches a file to WAL, others
// get it at once: waiting could be a deadlock, so busy_timeout does not apply ("Result Codes").
func isBusy(err error) bool {
	const sqliteBusy = 5
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xFF == sqliteBusy
}

// openServer opens a database of PostgreSQL. Its errors don't contain the URL, which may contain a
// password.
func openServer(dsn string) (*sql.DB, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("DATABASE_URL: want postgres://user:password@host/database")
	}
	db, err := openPostgres(dsn)
	if err != nil {
		return nil, fmt.Errorf("DATABASE_URL: %w", err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	return db, nil
}

func openSQLite(dir, name string) (*sql.DB, error) {
	if err := pathx.EnsureDir(dir, true); err != nil {
		return nil, err
	}
	file, err := filepath.Abs(filepath.Join(dir, name+".db"))
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(file))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(4) // there is one writer at a time; the others wait
	db.SetMaxIdleConns(4)
	return db, nil
}

// sqliteDSN returns the URI of a file, whose path is absolute and may contain any character. In WAL
// mode, readers continue while another process writes.
func sqliteDSN(file string) string {
	file = filepath.ToSlash(file)
	if !strings.HasPrefix(file, "/") {
		file = "/" + file // C:/…, per SQLite's "URI Filenames"
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	return (&url.URL{Scheme: "file", Path: file, RawQuery: options.Encode()}).String()
}

// migrate executes the schema in one transaction and in one process at a time: PostgreSQL's CREATE
// TABLE IF NOT EXISTS can fail if two execute it at once.
func migrate(ctx context.Context, db *sql.DB, postgres bool, schema []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if postgres {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7233)"); err != nil {
			return err
		}
	}
	for _, statement := range schema {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
