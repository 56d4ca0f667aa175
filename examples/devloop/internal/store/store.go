// Package store opens the database of a service: PostgreSQL, or SQLite in a
// file where none is configured. Both speak the little SQL that is used here.
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

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite", without cgo

	"github.com/surefoot-go/surefoot/pathx"
)

// Open opens the database at url, or the file NAME.db in dir if url is empty,
// and has it carry out the statements of schema, which must do nothing the second
// time. Two processes of a service may have it open at the same time.
func Open(ctx context.Context, url, dir, name string, schema ...string) (*sql.DB, error) {
	var db *sql.DB
	var err error
	if url == "" {
		db, err = openSQLite(dir, name)
	} else {
		db, err = openPostgres(url)
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

// busyWait is how long Open waits for others that open the same file.
const busyWait = 5 * time.Second

// isBusy reports whether err is SQLITE_BUSY. While one connection makes a file's mode WAL, others
// get it at once: waiting could be a deadlock, and busy_timeout does not apply ("Result Codes").
func isBusy(err error) bool {
	const sqliteBusy = 5
	var coded interface{ Code() int }
	return errors.As(err, &coded) && coded.Code()&0xFF == sqliteBusy
}

func openPostgres(dsn string) (*sql.DB, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("DATABASE_URL: want postgres://user:password@host/database") // without the password that it may hold
	}
	db, err := sql.Open("pgx", dsn)
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
	db.SetMaxOpenConns(4) // it has one writer; the others wait for it
	db.SetMaxIdleConns(4)
	return db, nil
}

// sqliteDSN returns the URI of a file: any absolute path, any character. WAL lets
// a reader go on while another process writes.
func sqliteDSN(file string) string {
	file = filepath.ToSlash(file)
	if !strings.HasPrefix(file, "/") {
		file = "/" + file // C:/…, as SQLite's "URI Filenames" has it
	}
	options := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	return (&url.URL{Scheme: "file", Path: file, RawQuery: options.Encode()}).String()
}

// migrate carries the schema out as one transaction, one process at a time:
// PostgreSQL's CREATE TABLE IF NOT EXISTS can fail where two do it at once.
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
