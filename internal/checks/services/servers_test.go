//go:build unix

package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listening waits until a server has bound its port.
func listening(t *testing.T, p *process, port string) {
	await(t, "a server at port "+port, func() error {
		select {
		case <-p.Ended():
			t.Fatalf("it has ended: %v\n%s", p.Wait(), p.out)
		default:
		}
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
		}
		return err
	})
}

// postgres makes a database cluster. start runs its server, always at the same url.
func postgres(t *testing.T) (url string, start func() *process) {
	find := func(name string) string {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // Debian's
		if len(found) == 0 {
			t.Skipf("needs PostgreSQL: %s is neither on PATH nor in /usr/lib/postgresql (Debian: postgresql)", name)
		}
		return found[len(found)-1]
	}
	initdb, server := find("initdb"), find("postgres")
	dir, err := os.MkdirTemp("", "devloop-postgres-") // T.TempDir is closed to other accounts
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	var account *syscall.SysProcAttr // it refuses to run as root
	if os.Geteuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			u, err = user.Lookup("nobody")
		}
		require.NoError(t, err)
		uid, err := strconv.Atoi(u.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(u.Gid)
		require.NoError(t, err)
		require.NoError(t, os.Chown(dir, uid, gid))
		account = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	secret := filepath.Join(dir, "secret")
	require.NoError(t, os.WriteFile(secret, []byte("p@ss/w%rd"), 0o644))
	data, port := filepath.Join(dir, "data"), freePort(t)
	cmd := exec.Command(initdb, "-D", data, "-U", "app", "-A", "scram-sha-256", "--pwfile", secret, "-E", "UTF8", "--no-locale", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = dir, account
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))

	return "postgres://app:p%40ss%2Fw%25rd@127.0.0.1:" + port + "/postgres", func() *process {
		cmd := exec.Command(server, "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
		cmd.Dir = dir
		if account != nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account.Credential}
		}
		p := run(t, cmd)
		listening(t, p, port)
		return p
	}
}

// redisServer returns a URL, and what runs a server there.
func redisServer(t *testing.T) (url string, start func() *process) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skipf("needs Redis (Debian: redis-server): %v", err)
	}
	port := freePort(t)
	return "redis://:secret@127.0.0.1:" + port + "/0", func() *process {
		cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--requirepass", "secret", "--save", "", "--dir", t.TempDir())
		p := run(t, cmd)
		listening(t, p, port)
		return p
	}
}

// with returns the settings that have the services use both.
func with(database, redis string) []string {
	return []string{"DATABASE_URL=" + database, "REDIS_URL=" + redis}
}

func TestPostgresAndRedis(t *testing.T) {
	t.Parallel()
	database, startPostgres := postgres(t)
	redisURL, startRedis := redisServer(t)
	db, cache := startPostgres(), startRedis()
	settings := with(database, redisURL)

	s := serveAll(t, settings...)
	user, order := shop(t, s.gateway.URL)
	second := serve(t, "user-service", settings...) // while the service is replaced
	assert.Len(t, must[[]object](t, 200, "GET", second.URL+"/users", "", nil), 1)
	second.stop(t)

	options, err := redis.ParseURL(redisURL)
	require.NoError(t, err)
	rdb := redis.NewClient(options)
	defer rdb.Close()
	ttl, err := rdb.TTL(t.Context(), "devloop:user:"+user).Result()
	require.NoError(t, err)
	assert.True(t, ttl > 0 && ttl <= 30*time.Second, "the user is in the cache, for %v", ttl)

	// Text that PostgreSQL would not take does not get there.
	for path, status := range map[string]int{"/api/users/%00": 400, "/api/orders?user=%ff": 400, "/api/users/'%3B--": 404} {
		must[object](t, status, "GET", s.gateway.URL+path, "", nil)
	}
	u := object{"name": "a", "email": "same@example.com"}
	must[object](t, 201, "POST", s.gateway.URL+"/api/users", "", u)
	must[object](t, 409, "POST", s.gateway.URL+"/api/users", "", u)

	s.stop(t)
	s = serveAll(t, settings...)
	orders := must[[]object](t, 200, "GET", s.gateway.URL+"/api/orders?user="+user, "", nil)
	require.Len(t, orders, 1, "it is all there still")
	assert.Equal(t, order, orders[0]["id"])
	awaitState(t, s.orders, 200, "healthy", "serving")

	t.Run("Redis goes and comes back", func(t *testing.T) {
		cache.stop(t)
		shop(t, s.gateway.URL)
		awaitState(t, s.orders, 200, "degraded", "cache: ")
		cache = startRedis()
		awaitState(t, s.orders, 200, "healthy", "serving")
		user, _ := shop(t, s.gateway.URL)
		n, err := rdb.Exists(t.Context(), "devloop:user:"+user).Result()
		require.NoError(t, err)
		assert.EqualValues(t, 1, n, "the cache is in use again")
	})
	t.Run("PostgreSQL goes and comes back", func(t *testing.T) {
		db.stop(t)
		for _, p := range []*process{s.users, s.orders} {
			awaitState(t, p, 503, "unhealthy", "database: ")
			_, _, reason := state(p)
			assert.NotContains(t, reason, "p@ss")
		}
		status, err := send("GET", s.gateway.URL+"/api/users/"+user, "pg-1", nil, new(object))
		require.NoError(t, err)
		assert.GreaterOrEqual(t, status, 500)
		awaitState(t, s.gateway, 200, "degraded", "-service: /readyz: 503")
		db = startPostgres()
		for _, p := range []*process{s.users, s.orders, s.gateway} {
			awaitState(t, p, 200, "healthy", "serving")
		}
		orders := must[[]object](t, 200, "GET", s.gateway.URL+"/api/orders?user="+user, "", nil)
		assert.Len(t, orders, 1)
		shop(t, s.gateway.URL)
	})
	s.stop(t)
	for _, p := range []*process{s.users, s.orders, s.gateway} {
		for line := range strings.Lines(p.out.String()) {
			assert.True(t, strings.HasPrefix(line, "time="), "not in the services' format: %s", line)
		}
	}
}

// Services that start at the same time create the same tables.
func TestPostgresConcurrentSetup(t *testing.T) {
	t.Parallel()
	database, startPostgres := postgres(t)
	startPostgres()
	var both []*process
	for range 4 {
		both = append(both, run(t, command(t, "user-service", "DATABASE_URL="+database)))
	}
	for _, p := range both {
		await(t, "it serves", func() error {
			if !strings.Contains(p.out.String(), "msg=serving") {
				return fmt.Errorf("%s", p.out)
			}
			return nil
		})
		p.stop(t)
	}
}
