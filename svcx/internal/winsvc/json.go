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
	t := spec.Text("{\n")
	field(&t, "name", spec.JSONString(p.name))
	field(&t, "displayName", spec.JSONString(p.display))
	field(&t, "description", spec.JSONString(p.description))
	field(&t, "binaryPath", spec.JSONString(p.binaryPath))
	field(&t, "start", spec.JSONString(p.start.String()))
	field(&t, "account", spec.JSONString(p.account))
	field(&t, "grantLogonRight", strconv.FormatBool(p.grantLogon))
	field(&t, "dependencies", spec.JSONStrings(p.dependencies))
	field(&t, "failureActions", "["+strings.Join(actions, ", ")+"]")
	field(&t, "failureReset", strconv.FormatInt(int64(p.reset/time.Second), 10))
	field(&t, "failureActionsOnNonCrashFailures", strconv.FormatBool(p.failureFlag))
	field(&t, "preshutdownTimeout", strconv.FormatInt(p.preshutdown.Milliseconds(), 10))
	field(&t, "sidType", spec.JSONString(p.sid.String()))
	field(&t, "requiredPrivileges", spec.JSONStrings(p.privileges))
	field(&t, "environment", spec.JSONStrings(p.environment))
	return []byte(string(t) + `  "calls": ` + spec.JSONStrings(calls) + "\n}\n")
}

func field(t *spec.Text, name, value string) { t.Line(`  "`+name+`": `, value+",") }
