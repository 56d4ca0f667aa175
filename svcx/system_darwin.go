package svcx

import (
	"github.com/surefoot-go/surefoot/svcx/internal/launchd"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func openBackend(user bool) (spec.Backend, error) {
	b := &launchd.Backend{}
	return b, b.Open(user)
}
