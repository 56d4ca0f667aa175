package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A backend is a database server for the programs that are database clients.
type backend struct {
	url string
	cmd *exec.Cmd
	dir string
}

func (b *backend) stop() error {
	b.cmd.Process.Kill()
	b.cmd.Wait() // killed: the error says just that
	return os.RemoveAll(b.dir)
}

// run starts the server on the port.
func (b *backend) run(port string) (*backend, error) {
	b.cmd.Dir = b.dir
	if err := b.cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	for limit := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			return b, conn.Close()
		}
		if time.Now().After(limit) {
			return nil, errors.Join(fmt.Errorf("%s does not listen", b.cmd.Path), err, b.stop())
		}
	}
}

// postgres starts a PostgreSQL with a new cluster.
func postgres(dir string) (*backend, error) {
	initdb, err := find("initdb")
	if err != nil {
		return nil, err
	}
	server, err := find("postgres")
	if err != nil {
		return nil, err
	}
	if dir, err = os.MkdirTemp(dir, "postgres-"); err != nil {
		return nil, err
	}
	account, err := unprivileged(dir) // it refuses to run as root
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	data := filepath.Join(dir, "data")
	cmd := exec.Command(initdb, "-D", data, "-U", "adopt", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	cmd.Dir, cmd.SysProcAttr = dir, account
	if _, err := output(cmd); err != nil {
		return nil, err
	}
	cmd = exec.Command(server, "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
	cmd.SysProcAttr = account
	return (&backend{url: "postgres://adopt@127.0.0.1:" + port + "/postgres", cmd: cmd, dir: dir}).run(port)
}

// redis starts a Redis.
func redis(dir string) (*backend, error) {
	server, err := find("redis-server")
	if err != nil {
		return nil, err
	}
	if dir, err = os.MkdirTemp(dir, "redis-"); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
	return (&backend{url: "redis://127.0.0.1:" + port + "/0", cmd: cmd, dir: dir}).run(port)
}

// find returns the path of a server's program.
func find(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // Debian's
	if len(found) == 0 {
		return "", skip("needs " + name)
	}
	return found[len(found)-1], nil
}
