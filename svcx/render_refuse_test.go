package svcx

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestRenderRefusesForUnix checks settings that a Unix manager would accept but not apply as
// intended.
func TestRenderRefusesForUnix(t *testing.T) {
	long := strings.Repeat("é", 70_000)
	refused(t, []refusal{
		{"a name that is an option", Service{Name: "-x"}, []Manager{Systemd, OpenRC}, "service name"},
		{"a name that is too long for a unit with a /tmp of its own", Service{Name: strings.Repeat("n", 191)}, []Manager{Systemd}, "190"},
		{"a name of a directory in /run", Service{Name: "lock"}, []Manager{Systemd}, "/run/lock"},
		{"a directory of the executable that ends in a space", Service{Executable: "/opt/a /x"}, []Manager{Systemd}, `directory "/opt/a "`},
		{"a path of Windows", Service{Executable: `C:\x\x.exe`}, []Manager{Systemd, OpenRC, Launchd}, "set Service.Executable"},
		{"a relative directory", Service{Dir: "x"}, []Manager{Systemd, OpenRC, Launchd}, "set Service.Dir"},
		{"a user's number with a zero", Service{Account: "007"}, []Manager{Systemd, OpenRC, Launchd}, "no user's number"},
		{"a user's number that is -1", Service{Account: "4294967295"}, []Manager{Systemd, OpenRC, Launchd}, "no user's number"},
		{"a user's number that is -1 in 16 bits", Service{Account: "65535"}, []Manager{Systemd, OpenRC, Launchd}, "no user's number"},
		{"a user's number that is too large", Service{Account: "99999999999"}, []Manager{Systemd, OpenRC, Launchd}, "no user's number"},
		{"an executable that OpenRC would alter", Service{Executable: "/opt/a  b"}, []Manager{OpenRC}, "two blanks"},
		{"an argument that Linux does not pass", Service{Args: []string{long}}, []Manager{Systemd, OpenRC}, "Linux allows"},
		{"a variable that Linux does not pass", Service{Env: map[string]string{"A": long}}, []Manager{Systemd, OpenRC}, "Linux allows"},
	})
	for _, account := range []string{"0", "1000", "65534", "root", "_svc", "a.b-c"} {
		for _, m := range []Manager{Systemd, OpenRC, Launchd} {
			_, err := (&Service{Name: "x", Executable: "/bin/x", Account: account}).Render(m)
			if m == OpenRC && account[0] <= '9' {
				assert.ErrorContains(t, err, "name the user", account)
			} else {
				assert.NoError(t, err, account)
			}
		}
	}
}
