package listen

import (
	"context"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFreePortIsNotShadowed has the system choose ports on which another socket listens at an
// overlapping address, as Windows may.
func TestFreePortIsNotShadowed(t *testing.T) {
	needIPv6(t)
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		t.Run(address, func(t *testing.T) {
			looks := 0
			swap(t, &needsLook, func(endpoint) bool { return true })
			swap(t, &lookForOverlap, func(context.Context, string, netip.AddrPort) error {
				if looks++; looks <= 6 {
					return errShadowed
				}
				return nil
			})
			listenOn(t, address)
			assert.Greater(t, looks, 6)

			looks = -1000
			ends, err := resolve(t.Context(), "tcp", address)
			require.NoError(t, err)
			b := Config{}.bind(t.Context(), ends)
			defer b.close()
			assert.ErrorIs(t, b.err, errShadowed)
			assert.Equal(t, maxTries, b.tries)
			assert.Zero(t, b.failed.addr.Port())
			_, err = Dual(address)
			assert.ErrorIs(t, err, ErrInUse)
		})
	}
}
