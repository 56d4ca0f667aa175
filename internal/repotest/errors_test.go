package repotest

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/listen/firewall"
	"github.com/surefoot-go/surefoot/svcx"
)

// TestDenied: every package's error for missing rights matches fs.ErrPermission.
func TestDenied(t *testing.T) {
	for _, err := range []error{listen.ErrDenied, firewall.ErrElevation, svcx.ErrAccessDenied, eventx.ErrAccessDenied} {
		assert.ErrorIs(t, err, fs.ErrPermission)
	}
}
