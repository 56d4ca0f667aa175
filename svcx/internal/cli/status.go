package cli

import (
	"fmt"
	"strconv"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Status returns the line that the status command prints.
func Status(name string, st spec.Status, json bool) string {
	if json {
		return fmt.Sprintf(`{"name":%s,"state":"%v","pid":%d,"exitCode":%d,"start":"%v"}`,
			spec.JSONString(name), st.State, st.PID, st.ExitCode, st.Start)
	}
	text := name + ": " + st.State.String()
	if st.PID != 0 {
		text += ", pid " + strconv.Itoa(st.PID)
	}
	if st.State == spec.Stopped {
		text += ", last exit code " + strconv.Itoa(st.ExitCode)
	}
	return text + ", start " + st.Start.String()
}
