package loop

import (
	"net/url"

	"github.com/surefoot-go/surefoot/examples/dev/front"
)

// A backend is the server of a process, which gets the front's requests and health checks.
type backend struct{ *front.Backend }

func newBackend(u *url.URL) *backend { return &backend{front.NewBackend(u)} }
