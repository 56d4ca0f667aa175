// Package requestid carries the ID of a request through every service that works
// on it, and into each line that they log.
package requestid

import (
	"context"
	"crypto/rand"
	"regexp"
)

// Header is the HTTP header that carries the ID.
const Header = "X-Request-ID"

type key struct{}

// valid is what is taken over from a client: an ID goes into logs and headers.
var valid = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// New returns id if it may be taken over, and a new one otherwise.
func New(id string) string {
	if valid.MatchString(id) {
		return id
	}
	return rand.Text()
}

// With returns a context that carries id.
func With(ctx context.Context, id string) context.Context { return context.WithValue(ctx, key{}, id) }

// From returns the ID that ctx carries, or "".
func From(ctx context.Context) string {
	id, _ := ctx.Value(key{}).(string)
	return id
}
