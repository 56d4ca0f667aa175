package svcx

import (
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/systemd"
)

func openBackend(user bool) (spec.Backend, error) {
	b := &systemd.Backend{}
	return b, b.Open(user)
}
