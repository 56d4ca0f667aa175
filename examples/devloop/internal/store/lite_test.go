//go:build lite

package store

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestLite(t *testing.T) {
	_, err := Open(t.Context(), "postgres://u:secret@localhost/x", "", "x", table)
	assert.ErrorContains(t, err, `DATABASE_URL: this program was built with the tag "lite"`)
	assert.NotContains(t, err.Error(), "secret")
	_, err = OpenCache("redis://localhost")
	assert.ErrorContains(t, err, `REDIS_URL: this program was built with the tag "lite"`)
}
