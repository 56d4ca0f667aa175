package spec

import (
	"errors"
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/internal/trust"
)

func TestUntrusted(t *testing.T) {
	for _, tt := range []struct {
		goos, exe string
		f         trust.Finding
		want      string
	}{
		{"windows", `C:\srv\x.exe`, trust.Finding{Path: `C:\srv`, Who: []string{"Users (S-1-5-32-545)"}, Fix: `icacls "C:\srv" /remove:g *S-1-5-32-545`},
			`svcx: C:\srv can be changed by Users (S-1-5-32-545), and C:\srv\x.exe would run with all rights: install it from where only ` +
				`administrators write, such as C:\Program Files, set Service.Account, or run icacls "C:\srv" /remove:g *S-1-5-32-545`},
		{"linux", `/home/alice/a b`, trust.Finding{Path: "/home/alice", Who: []string{"uid 1000"}, Owner: true, Advice: "move it"},
			`svcx: /home/alice belongs to uid 1000, and /home/alice/a b would run with all rights: install it from where only ` +
				`root writes (install -m 755 '/home/alice/a b' /usr/local/bin/), set Service.Account`},
	} {
		err := Untrusted(tt.goos, tt.exe, &tt.f)
		assert.EqualError(t, err, tt.want)
		_, ok := errors.AsType[*trust.Finding](err)
		assert.True(t, ok)
	}
	assert.Equal(t, fs.ErrNotExist, Untrusted("linux", "x", fs.ErrNotExist))
	assert.NoError(t, Untrusted("linux", "x", nil))
}
