package svcx

import (
	"errors"

	"github.com/surefoot-go/surefoot/svcx/internal/openrc"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/systemd"
)

func openBackend(user bool) (spec.Backend, error) {
	sd, rc := &systemd.Backend{}, &openrc.Backend{}
	switch {
	case sd.Booted():
		return sd, sd.Open(user)
	case rc.Booted():
		return rc, rc.Open(user)
	}
	return nil, spec.Fail(errors.ErrUnsupported, nil, "neither systemd nor OpenRC runs here; the command render writes what another machine needs")
}
