package svcx

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestAllRights checks that all names of root are recognized.
func TestAllRights(t *testing.T) {
	for account, want := range map[string]bool{"": true, "root": true, "0": true, "nobody": false} {
		assert.Equal(t, want, (&Service{Account: account}).allRights(), account)
	}
	assert.False(t, (&Service{User: true}).allRights())
}
