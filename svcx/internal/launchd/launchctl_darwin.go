package launchd

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Open initializes the back end for this machine.
func (m *Backend) Open(isUser bool) error {
	m.root, m.user, m.dir, m.domain = os.Geteuid() == 0, isUser, "/Library/LaunchDaemons", "system"
	m.run, m.give, m.getenv, m.write = launchctl, giveTo, os.Getenv, atomicfile.Replace
	if isUser {
		home, err := os.UserHomeDir()
		if err != nil {
			return spec.Fail(nil, err, "")
		}
		m.dir = filepath.Join(home, "Library", "LaunchAgents")
		m.domain = "gui/" + strconv.Itoa(os.Getuid())
	}
	return nil
}

func giveTo(dir, account string) error {
	u, err := user.Lookup(account)
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	return os.Chown(dir, uid, -1)
}

func launchctl(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "/bin/launchctl", args...).CombinedOutput()
	if err != nil {
		err = spec.Errorf("launchctl: %w: %s", err, bytes.TrimSpace(out))
	}
	return string(out), err
}
