package winapi

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

func TestRetrySharing(t *testing.T) {
	calls := 0
	failing := func(times int, err error) func() error {
		calls = 0
		return func() error {
			if calls++; calls <= times {
				return os.NewSyscallError("x", err)
			}
			return nil
		}
	}
	require.NoError(t, RetrySharing(failing(3, windows.ERROR_LOCK_VIOLATION), windows.ERROR_SHARING_VIOLATION, windows.ERROR_LOCK_VIOLATION))
	assert.Equal(t, 4, calls)
	require.ErrorIs(t, RetrySharing(failing(3, windows.ERROR_FILE_NOT_FOUND), windows.ERROR_SHARING_VIOLATION), windows.ERROR_FILE_NOT_FOUND)
	assert.Equal(t, 1, calls)
	require.ErrorIs(t, RetrySharing(failing(1<<30, windows.ERROR_SHARING_VIOLATION), windows.ERROR_SHARING_VIOLATION), windows.ERROR_SHARING_VIOLATION)
	assert.Greater(t, calls, 1)
}
