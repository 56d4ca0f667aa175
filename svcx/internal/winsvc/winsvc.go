// Package winsvc runs and registers Windows services.
package winsvc

import (
	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Program runs a service under the SCM that started the process.
type Program struct{ *process.Program }

// Backend registers services with the SCM and controls them.
type Backend struct{}

// HasAllRights reports whether the account is LocalSystem, in any spelling.
func HasAllRights(account string) bool {
	name, _ := accountOf(account)
	return name == "LocalSystem"
}

// Render returns the plan of Install as a JSON object.
func Render(s *spec.Spec) ([]byte, error) {
	p, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	return p.json(), nil
}
