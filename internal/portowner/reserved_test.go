package portowner

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOfRange(t *testing.T) {
	for _, tt := range []struct {
		r         Range
		network   string
		port      int
		who       string
		show, end []string
	}{
		{Range{50060, 50159}, "tcp4", 50100, "WinNAT", []string{"netsh interface ipv4 show excludedportrange protocol=tcp"},
			[]string{"net stop winnat", "netsh interface ipv4 add excludedportrange protocol=tcp startport=50100 numberofports=1", "net start winnat"}},
		{Range{50060, 50159}, "udp6", 50100, "WinNAT", []string{"netsh interface ipv6 show excludedportrange protocol=udp"},
			[]string{"net stop winnat", "netsh interface ipv6 add excludedportrange protocol=udp startport=50100 numberofports=1", "net start winnat"}},
		{Range{8000, 8099}, "tcp4", 8080, "moved", []string{"netsh interface ipv4 show excludedportrange protocol=tcp"},
			[]string{"netsh int ipv4 set dynamicport tcp start=49152 num=16384", "net stop winnat", "net start winnat"}},
		{Range{8000, 8099}, "tcp6", 8080, "moved", []string{"netsh interface ipv6 show excludedportrange protocol=tcp"},
			[]string{"netsh int ipv4 set dynamicport tcp start=49152 num=16384", "netsh int ipv6 set dynamicport tcp start=49152 num=16384", "net stop winnat", "net start winnat"}},
		{Range{5357, 5357}, "tcp4", 5357, "HTTP.sys",
			[]string{"netsh http show servicestate view=requestq", "netsh http show urlacl", "netsh interface ipv4 show excludedportrange protocol=tcp"}, nil},
	} {
		a := OfRange(tt.r, tt.network, tt.port)
		assert.Contains(t, a.Who, tt.who)
		assert.Equal(t, tt.show, a.Show)
		assert.Equal(t, tt.end, a.End)
	}
}
