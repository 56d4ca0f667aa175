//go:build unix

package pathx

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// denied creates a file at path that this process may not read.
func denied(t *testing.T, path string) {
	t.Helper()
	if testenv.IsRoot() {
		t.Skip("root may read everything; TestOpenAsOtherUser does this as another user")
	}
	require.NoError(t, os.WriteFile(path, nil, 0))
}

// distrusted creates a file at path that everyone may write.
func distrusted(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Chmod(path, 0o666))
}
