package winsvc

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// json returns the plan as one JSON object.
func (p *plan) json() []byte {
	actions := make([]string, len(p.actions))
	for i, a := range p.actions {
		actions[i] = fmt.Sprintf(`{"type": %s, "delay": %d}`, spec.JSONString(actionName(a.kind)), a.delay.Milliseconds())
	}
	calls := []string{"OpenSCManagerW", callCreate}
	for _, c := range p.changes(p.fresh(), nil) {
		if calls[len(calls)-1] != c.call {
			calls = append(calls, c.call)
		}
	}
	fields := []struct{ name, value string }{
		{"name", spec.JSONString(p.name)},
		{"displayName", spec.JSONString(p.display)},
		{"description", spec.JSONString(p.description)},
		{"binaryPath", spec.JSONString(p.binaryPath)},
		{"start", spec.JSONString(p.start.String())},
		{"account", spec.JSONString(p.account)},
		{"grantLogonRight", strconv.FormatBool(p.grantLogon)},
		{"dependencies", spec.JSONStrings(p.dependencies)},
		{"failureActions", "[" + strings.Join(actions, ", ") + "]"},
		{"failureReset", strconv.FormatInt(int64(p.reset/time.Second), 10)},
		{"failureActionsOnNonCrashFailures", strconv.FormatBool(p.failureFlag)},
		{"preshutdownTimeout", strconv.FormatInt(p.preshutdown.Milliseconds(), 10)},
		{"sidType", spec.JSONString(p.sid.String())},
		{"requiredPrivileges", spec.JSONStrings(p.privileges)},
		{"environment", spec.JSONStrings(p.environment)},
		{"calls", spec.JSONStrings(calls)},
	}
	var b strings.Builder
	b.WriteString("{\n")
	for i, f := range fields {
		b.WriteString("  " + spec.JSONString(f.name) + ": " + f.value)
		if i < len(fields)-1 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
	return []byte(b.String())
}
