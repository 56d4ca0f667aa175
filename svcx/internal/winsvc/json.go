package winsvc

import (
	"fmt"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// json returns the plan as a JSON object.
func (p *plan) json() []byte {
	actions := make([]string, len(p.actions))
	for i, a := range p.actions {
		actions[i] = fmt.Sprintf(`{"type": %s, "delay": %d}`, spec.JSONString(actionName(a.kind)), a.milliseconds)
	}
	calls := []string{"OpenSCManagerW", "CreateServiceW"}
	for _, c := range p.changes(nil, 0) {
		if name := c.call.String(); calls[len(calls)-1] != name {
			calls = append(calls, name)
		}
	}
	text, list := spec.JSONString, spec.JSONStrings
	return fmt.Appendf(nil, `{
  "name": %s,
  "displayName": %s,
  "description": %s,
  "binaryPath": %s,
  "start": %s,
  "account": %s,
  "grantLogonRight": %t,
  "dependencies": %s,
  "failureActions": [%s],
  "failureReset": %d,
  "failureActionsOnNonCrashFailures": %t,
  "preshutdownTimeout": %d,
  "sidType": %s,
  "requiredPrivileges": %s,
  "environment": %s,
  "calls": %s
}
`, text(p.name), text(p.display), text(p.description), text(p.binaryPath), text(p.startType().String()), text(p.account), p.grantLogon,
		list(p.dependencies), strings.Join(actions, ", "), p.reset, p.numbers[callFlag] != 0, p.numbers[callPreshutdown],
		text(p.sidType().String()), list(p.privileges), list(p.environment), list(calls))
}
