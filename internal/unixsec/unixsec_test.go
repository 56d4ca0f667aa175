package unixsec

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// TestOneRule has owners and modes for which the packages of this module once gave different
// answers, and the others.
func TestOneRule(t *testing.T) {
	const user = 1000
	for _, tt := range []struct {
		name    string
		owner   uint32
		mode    fs.FileMode
		account uint32
		who     string // "": trusted
		fix     string
	}{
		{"root's, for root", 0, 0o755, 0, "", ""},
		{"root's, for a user", 0, 0o600, user, "", ""},
		{"the user's own", user, 0o644, user, "", ""},
		{"a user's, for root", user, 0o755, 0, "uid 1000", "chown root /p"},
		{"a user's that only that user writes, for root", user, 0o700, 0, "uid 1000", "chown root /p"},
		{"a user's directory, for root", user, 0o755 | fs.ModeDir, 0, "uid 1000", "chown root /p"},
		{"another user's", 1001, 0o644, user, "uid 1001", "chown 1000 /p"},
		{"another's, and open", 1001, 0o666, 0, "uid 1001", "chown root /p && chmod go-w /p"},
		{"group may write", 0, 0o775, 0, "its group", "chmod g-w /p"},
		{"others may write", 0, 0o702, 0, "everyone", "chmod o-w /p"},
		{"all may write", 0, 0o777, 0, "its group, everyone", "chmod go-w /p"},
		{"sticky directory", 0, 0o777 | fs.ModeDir | fs.ModeSticky, 0, "", ""},
		{"sticky directory of another", 1001, 0o777 | fs.ModeDir | fs.ModeSticky, 0, "uid 1001", "chown root /p"},
		{"open directory", 0, 0o777 | fs.ModeDir, 0, "its group, everyone", "chmod go-w /p"},
		{"sticky file", 0, 0o666 | fs.ModeSticky, 0, "its group, everyone", "chmod go-w /p"},
		{"link", 0, 0o777 | fs.ModeSymlink, 0, "", ""},
		{"link of another", 7, 0o777 | fs.ModeSymlink, 0, "uid 7", "chown -h root /p"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := Account{UID: tt.account}.Check(Entry{Path: "/p", UID: tt.owner, Mode: tt.mode})
			if tt.who == "" {
				require.NoError(t, err)
				return
			}
			var f *trust.Finding
			require.ErrorAs(t, err, &f)
			assert.Contains(t, f.Error(), tt.who)
			assert.Equal(t, tt.owner != 0 && tt.owner != tt.account, f.Owner)
			assert.Equal(t, tt.fix, f.Fix)
		})
	}
	assert.NoError(t, Account{Also: []uint32{1000}}.Check(Entry{Path: "/p", UID: 1000, Mode: 0o644}))
}

// No command gives a user's home directory to root.
func TestNoFixForHomes(t *testing.T) {
	for path, want := range map[string]bool{
		"/home/alice": true, "/Users/alice": true, "/var/home/alice": true, "/usr/home/alice": true, "/home/alice/bin": false, "/home": false,
		"/Users/Shared": false, "/srv/home/alice": false,
	} {
		var f *trust.Finding
		require.ErrorAs(t, Account{}.Check(Entry{Path: path, UID: 1000, Mode: 0o755 | fs.ModeDir}), &f)
		assert.Equal(t, want, f.Fix == "", path)
		assert.Equal(t, want, f.Advice != "", path)
	}
	var f *trust.Finding
	require.ErrorAs(t, Account{UID: 1000}.Check(Entry{Path: "/home/alice", UID: 1000, Mode: 0o775 | fs.ModeDir}), &f)
	assert.Equal(t, "chmod g-w /home/alice", f.Fix)
}
